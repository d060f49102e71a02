-- Messages whose deadline has passed before a lane came to them are not sent any more (B9). A lane asks at the start of each walk; the
-- claim itself looks at no message past its deadline. Grain: one channel of one packet. Parameters: packet_id, channel.
with late as (
    select id
    from message
    where packet_id = :packet_id and channel = :channel and state = 'ready' and expires_at <= now()
    for update skip locked
),
expired as (
    update message
    set state = 'expired', state_at = now()
    from late
    where message.id = late.id
    returning message.id
)
select count(*) as expired from expired
