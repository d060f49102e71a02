-- Marks locked messages as unknown that may have gone out after the backup. Grain of the result: one row per message. Parameter: message_ids.
update message
set state = 'unknown', error_code = 'restored', attempt_no = message.attempt_no + 1, state_at = now()
where id = any(cast(:message_ids as uuid[]))
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
