-- Locks a packet until a claim is committed: a prepare step or a stop waits for the claim, and a claim waits for them. Parameter: packet_id.
select state from data_packet where id = :packet_id for share
