-- What a packet still has to send: its ready messages by channel, with the hours in which they may go and their deadlines, to a quarter of an
-- hour. Times are seconds from now (`opens` at least 0; infinite for never). Grain: a channel, opening, closing and deadline.
-- Parameter: packet_id.
select
    channel,
    count(*) as messages,
    sum(coalesce(segments, 1)) as units,
    greatest(0, extract(epoch from opens - packetboat_now()))::float8 as opens,
    extract(epoch from closes_at - packetboat_now())::float8 as closes,
    extract(epoch from expires - packetboat_now())::float8 as expires
from (
    select
        channel, segments, closes_at,
        case when not_before > packetboat_now() then date_bin('15 minutes', not_before, '2000-01-01') else '-infinity' end as opens,
        case when expires_at < 'infinity' then date_bin('15 minutes', expires_at, '2000-01-01') else 'infinity' end as expires
    from message
    where packet_id = :packet_id and state = 'ready'
) as ready
group by channel, opens, closes_at, expires
