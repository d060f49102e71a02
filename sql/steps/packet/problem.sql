-- The state of a packet and what stopped it. Grain: one packet. Parameter: packet_id.
select state, problem from data_packet where id = :packet_id
