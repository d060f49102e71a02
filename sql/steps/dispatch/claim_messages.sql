-- Moves the messages of a claim to sending, or to suppressed. They are locked already, so nothing else changes them.
-- Grain: one message. Parameters: message_ids, suppressed (two parallel arrays; why a message is suppressed, or null).
update message
set
    state = case when taken.suppressed is null then 'sending' else 'suppressed' end,
    attempt_no = message.attempt_no + case when taken.suppressed is null then 1 else 0 end,
    error_code = coalesce(taken.suppressed, message.error_code),
    state_at = now()
from unnest(cast(:message_ids as uuid[]), cast(:suppressed as text[])) as taken (id, suppressed)
where message.id = taken.id
