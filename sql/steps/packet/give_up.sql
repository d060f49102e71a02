-- Stops a packet whose step Airflow will not try again; a reason that is already there says more. A lane that only had to wait for
-- messages to become due is no reason: the clockwork starts them when they are. Parameters: packet_id, step, params (JSON).
update data_packet
set state = 'stopped', problem_code = coalesce(problem_code, 'gave_up'),
    problem_params = case when problem_code is null then cast(:params as jsonb) else problem_params end
where
    id = :packet_id and state <> 'settled'
    and coalesce(
        (
            select error_code
            from packet_step
            where packet_id = :packet_id and step = :step and state = 'failed'
            order by ended_at desc
            limit 1
        ),
        ''
    ) <> 'due_later'
