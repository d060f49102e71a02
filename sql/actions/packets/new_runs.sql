-- Sets the current runs of packets that are locked. Parameters: packet_ids, run_ids (two parallel arrays).
update data_packet
set run_id = started.run_id
from unnest(cast(:packet_ids as uuid[]), cast(:run_ids as text[])) as started (packet_id, run_id)
where data_packet.id = started.packet_id
