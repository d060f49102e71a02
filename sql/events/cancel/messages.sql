-- Cancels messages that are locked and ready. What an earlier attempt ended with is not why they are cancelled. Grain of the result: one row
-- per message that moved. Parameter: message_ids.
update message
set state = 'cancelled', error_code = null, state_at = now()
where id = any(cast(:message_ids as uuid[]))
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
