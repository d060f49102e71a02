-- The state of a packet and what stopped it. Grain: one packet. Parameter: packet_id.
select state, problem_code, problem_params from data_packet where id = :packet_id
