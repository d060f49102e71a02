-- Locks the waits of packets before some of them are deleted, in the order of packets and channels. Grain: one channel of one packet.
-- Parameter: packet_ids.
select packet_id, channel
from channel_wait
where packet_id = any(cast(:packet_ids as uuid[]))
order by packet_id, channel
for update
