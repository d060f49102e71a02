-- Expires messages that are locked and whose start was missed. Grain: one message. Parameter: message_ids.
update message
set state = 'expired', error_code = 'missed_start', state_at = now()
where id = any(cast(:message_ids as uuid[]))
