-- Lets one lane try a call although the breakers of its sender are open: it becomes their holder, if nobody else is trying at the moment.
-- It takes none of them while it would have to wait for another one: nobody else could then try a call either.
-- Grain: one row per breaker that the lane now holds. Parameters: provider, channel, sender_id, owner, seconds (until another lane may try).
update breaker
set state = 'half_open', holder = :owner, retry_at = now() + make_interval(secs => :seconds)
where
    provider = :provider and channel = :channel and (sender_id is null or sender_id = :sender_id)
    and state <> 'closed' and retry_at <= now()
    and not exists (
        select from breaker as other
        where
            other.provider = :provider and other.channel = :channel and (other.sender_id is null or other.sender_id = :sender_id)
            and other.state <> 'closed' and other.retry_at > now() and other.holder is distinct from :owner
    )
returning id
