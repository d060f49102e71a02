-- Marks a packet as erased. Parameter: packet_id.
update data_packet set erased_at = now() where id = :packet_id
