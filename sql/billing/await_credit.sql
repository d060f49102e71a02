-- A packet waits for credit, with the reason. It is locked; nothing is written if it waits for this reason already.
-- Parameters: packet_id, code, params (JSON).
update data_packet
set state = 'awaiting_credit', problem_code = :code, problem_params = cast(:params as jsonb)
where
    id = :packet_id
    and (state, problem_code, problem_params) is distinct from ('awaiting_credit', cast(:code as text), cast(:params as jsonb))
