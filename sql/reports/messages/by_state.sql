-- The number of messages of a packet per channel and state. Grain: a channel and a state. Parameter: packet_id.
select channel, state, count(*) as messages
from message
where packet_id = :packet_id
group by channel, state
order by channel, state
