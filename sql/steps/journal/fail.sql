-- Closes an attempt that failed, with a sentence for a person. Parameters: journal_id, error_code, error_params (JSON).
update packet_step
set state = 'failed', ended_at = clock_timestamp(), error_code = :error_code, error_params = cast(:error_params as jsonb)
where id = :journal_id
