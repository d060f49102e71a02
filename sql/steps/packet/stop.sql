-- Stops a packet with a reason. A settled packet stays settled. Parameters: packet_id, code, params (JSON).
update data_packet
set state = 'stopped', problem_code = :code, problem_params = cast(:params as jsonb)
where id = :packet_id and state <> 'settled'
