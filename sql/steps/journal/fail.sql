-- Closes a failed attempt with the reason. Parameters: journal_id, error_code, error_params (JSON).
update packet_step
set state = 'failed', ended_at = clock_timestamp(), error_code = :error_code, error_params = cast(:error_params as jsonb)
where id = :journal_id
