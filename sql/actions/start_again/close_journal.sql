-- Closes the attempts that are still open in the journal of a packet whose run has ended or is gone: their processes ended with it.
-- Parameter: packet_id.
update packet_step
set state = 'failed', ended_at = clock_timestamp(), error_code = 'run_ended', error_params = '{}'
where packet_id = :packet_id and state = 'running'
