-- Locks a packet for a prepare step. Lanes lock the same row FOR SHARE while they claim. Parameter: packet_id.
select id from data_packet where id = :packet_id for no key update
