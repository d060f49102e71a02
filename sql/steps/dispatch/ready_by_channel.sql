-- How many messages of a packet wait for a lane: one row per channel. Parameter: packet_id.
select channel, count(*) as messages
from message
where packet_id = :packet_id and state = 'ready'
group by channel
