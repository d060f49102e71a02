-- Finds the calls that may send these messages again: claimed while the message was sending, and not begun yet. The messages are locked.
-- Grain: one call. Parameters: message_ids and states (two parallel arrays; the states before the messages moved).
select distinct call.id
from unnest(cast(:message_ids as uuid[]), cast(:states as text[])) as move (message_id, state)
join message on message.id = move.message_id
join attempt on attempt.message_id = message.id and attempt.attempt_no = message.attempt_no
join provider_call as call on call.id = attempt.call_id
where move.state = 'sending' and call.state = 'sending' and call.begun_at is null
