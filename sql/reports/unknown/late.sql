-- The packets with people of whom a message was too late to be sent, even if another step reached them, the newest first. Grain: one packet that has been added up and is not erased.
-- Parameters: packet_id (null for all that this transaction may see), limit.
select
    packet.id as packet_id, packet.file_name, client.name as client_name, client.time_zone, total.late as rows, total.updated_at as counted_at
from packet_total as total
join data_packet as packet on packet.id = total.packet_id
join client on client.id = packet.client_id
where
    total.late > 0 and packet.erased_at is null
    and (cast(:packet_id as uuid) is null or packet.id = cast(:packet_id as uuid))
order by packet.received_at desc, packet.id
limit :limit
