-- Closes an attempt that failed, with a sentence for a person. Parameters: journal_id, error_code, error.
update packet_step
set state = 'failed', ended_at = clock_timestamp(), error_code = :error_code, error = :error
where id = :journal_id
