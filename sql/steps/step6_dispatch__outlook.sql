-- What a lane still has before it: ready messages of one channel of one packet, and in how many seconds the first of them is due.
-- Grain: one channel of one packet. Parameters: packet_id, channel.
select count(*) as ready, extract(epoch from min(not_before) - now())::float8 as due_in
from message
where packet_id = :packet_id and channel = :channel and state = 'ready'
