-- Whether a packet is cancelled. Parameter: packet_id.
select exists (select from pause where packet_id = :packet_id and final)
