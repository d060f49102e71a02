-- The state of a packet, held still until the claim is committed: a prepare step or a stop waits for it. Parameter: packet_id.
select state from data_packet where id = :packet_id for share
