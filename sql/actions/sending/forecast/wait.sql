-- For how many seconds a channel of a packet waits. Grain: a channel. Parameter: packet_id.
select channel, greatest(0, extract(epoch from until - now()))::float8 as seconds
from channel_wait
where packet_id = :packet_id
