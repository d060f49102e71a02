-- The packets from which persons were erased, and that still have the others. Grain: a packet. Parameter: packet_ids (null for all).
select id as packet_id
from data_packet
where
    erased_at is null and (cast(:packet_ids as uuid[]) is null or id = any(cast(:packet_ids as uuid[])))
    and exists (select from erased_address where erased_address.packet_id = data_packet.id)
