-- Cancels messages that are locked and ready. Grain of the result: one row per message that moved. Parameter: message_ids.
update message
set state = 'cancelled', state_at = now()
where id = any(cast(:message_ids as uuid[]))
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
