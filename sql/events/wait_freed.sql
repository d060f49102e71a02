-- Lets channels go on that waited for a provider in trouble; the waits are locked. Grain: one channel of one packet.
-- Parameters: packet_ids and channels, parallel arrays.
delete from channel_wait
where (packet_id, channel) in (select * from unnest(cast(:packet_ids as uuid[]), cast(:channels as text[])))
