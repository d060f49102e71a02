-- Sets the state of a packet and clears the problem that stopped it. Parameters: packet_id, state.
update data_packet set state = :state, problem_code = null, problem_params = null where id = :packet_id
