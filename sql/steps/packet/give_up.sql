-- Stops a packet whose step Airflow will not try again; a reason that is already there says more. Parameters: packet_id, params (JSON).
update data_packet
set state = 'stopped', problem_code = coalesce(problem_code, 'gave_up'),
    problem_params = case when problem_code is null then cast(:params as jsonb) else problem_params end
where id = :packet_id and state <> 'settled'
