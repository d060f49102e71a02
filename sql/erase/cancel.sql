-- Cancels messages that are locked and ready. Grain: a message. Parameter: message_ids.
update message
set state = 'cancelled', error_code = 'erased', state_at = now()
where id = any(cast(:message_ids as uuid[])) and state = 'ready'
returning id, packet_id, row_no, 'ready' as state_before, state as state_after
