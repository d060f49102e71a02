-- Moves the messages of a claim to sending, or to suppressed. They are locked already, so nothing else changes them.
-- Grain: one message. Parameters: message_ids, suppressed (two parallel arrays).
update message
set
    state = case when taken.suppressed then 'suppressed' else 'sending' end,
    attempt_no = message.attempt_no + case when taken.suppressed then 0 else 1 end,
    state_at = now()
from unnest(cast(:message_ids as uuid[]), cast(:suppressed as boolean[])) as taken (id, suppressed)
where message.id = taken.id
