-- Expires messages that are locked and past their deadline (B9). Grain: one message. Parameter: message_ids.
update message
set state = 'expired', state_at = now()
where id = any(cast(:message_ids as uuid[]))
