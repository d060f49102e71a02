-- Deletes the quality result of a packet: it may quote values. Parameter: packet_id.
delete from quality_result where packet_id = :packet_id
