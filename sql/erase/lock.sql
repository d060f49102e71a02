-- Locks a packet whose personal data is about to be erased. One row. Parameter: packet_id.
select state, erased_at from data_packet where id = :packet_id for update
