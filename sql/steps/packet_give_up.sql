-- Stops a packet whose step Airflow will not try again; a reason that is already there says more. Parameters: packet_id, problem.
update data_packet
set state = 'stopped', problem_code = coalesce(problem_code, 'gave_up'), problem = coalesce(problem, :problem)
where id = :packet_id and state <> 'settled'
