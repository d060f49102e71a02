-- A packet waits for credit, with the reason. It is locked. Parameters: packet_id, code, params (JSON).
update data_packet
set state = 'awaiting_credit', problem_code = :code, problem_params = cast(:params as jsonb)
where id = :packet_id
