-- Stops a packet whose step Airflow will not try again; a reason that is already there says more. A lane that only had to wait for
-- messages to become due is no reason: the clockwork starts them when they are. Parameters: packet_id, step, problem.
update data_packet
set state = 'stopped', problem_code = coalesce(problem_code, 'gave_up'), problem = coalesce(problem, :problem)
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
