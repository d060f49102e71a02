-- Holds a packet still until a claim is committed: a prepare step or a stop waits for it, and a claim for them. Parameter: packet_id.
select state from data_packet where id = :packet_id for share
