-- Messages whose deadline has passed before a lane came to them are not sent any more (B9). A lane looks at each deadline once: from
-- `expired_until`, where it looked last, to now. Grain: one channel of one packet. Parameters: packet_id, channel, expired_until.
-- Returns the time until which it has looked.
with late as (
    select id
    from message
    where
        packet_id = :packet_id and channel = :channel and state = 'ready'
        and expires_at > cast(:expired_until as timestamptz) and expires_at <= now()
    for update skip locked
),
expired as (
    update message
    set state = 'expired', state_at = now()
    from late
    where message.id = late.id
    returning message.id
)
select cast(now() as text) as looked_until, (select count(*) from expired) as expired
