-- Lets one lane try a call although the breakers of its sender are open: it becomes their holder, if nobody else is trying at the moment.
-- Grain: one row per breaker that the lane now holds. Parameters: provider, channel, sender_id, owner, seconds (until another lane may try).
update breaker
set state = 'half_open', holder = :owner, retry_at = now() + make_interval(secs => :seconds)
where
    provider = :provider and channel = :channel and (sender_id is null or sender_id = :sender_id)
    and state <> 'closed' and retry_at <= now()
returning id
