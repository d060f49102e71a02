-- Stops a packet whose step Airflow will not try again. A reason that it already has says more and is kept.
-- One that waits for credit goes on waiting, as in sql/steps/packet/stop. Parameters: packet_id, params (JSON), preparing (whether a prepare step failed).
update data_packet
set state = 'stopped', problem_code = coalesce(problem_code, 'gave_up'),
    problem_params = case when problem_code is null then cast(:params as jsonb) else problem_params end
where id = :packet_id and state <> 'settled' and (state <> 'awaiting_credit' or :preparing)
