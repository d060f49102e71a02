-- Moves messages of a claim to suppressed: their addresses may not be contacted any more. They are locked already, so nothing else changes them.
-- Grain: one message. Parameters: message_ids, reasons (two parallel arrays).
update message
set state = 'suppressed', error_code = refused.reason, state_at = now()
from unnest(cast(:message_ids as uuid[]), cast(:reasons as text[])) as refused (id, reason)
where message.id = refused.id
