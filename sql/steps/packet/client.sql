-- The client that owns a packet. Parameter: packet_id.
select client_id from data_packet where id = :packet_id
