-- How the messages of a packet stand. Grain: one row per channel and state. Parameter: packet_id.
select channel, state, count(*) as messages
from message
where packet_id = :packet_id
group by channel, state
order by channel, state
