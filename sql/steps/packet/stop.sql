-- Stops a packet with a reason. A settled packet stays settled. One that waits for credit is prepared, and a payment starts it: only a step
-- that prepares it again stops it. Parameters: packet_id, code, params (JSON), preparing (whether a prepare step failed).
update data_packet
set state = 'stopped', problem_code = :code, problem_params = cast(:params as jsonb)
where id = :packet_id and state <> 'settled' and (state <> 'awaiting_credit' or :preparing)
