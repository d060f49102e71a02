-- How many messages of a packet are ready for a lane: one row per channel, without channels that wait because of their provider; none of
-- a paused packet. Parameter: packet_id.
select channel, count(*) as messages
from message
where
    packet_id = :packet_id and state = 'ready'
    and channel not in (
        select channel from channel_wait where packet_id = :packet_id and code <> 'due_later' and until > now()
    )
    and not exists (select from paused_packet where packet_id = :packet_id)
group by channel
