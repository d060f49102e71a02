-- Moves a packet on and clears what stopped it before. Parameters: packet_id, state.
update data_packet set state = :state, problem_code = null, problem_params = null where id = :packet_id
