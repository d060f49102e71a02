-- Marks the messages of calls without an answer as unknown: the provider may have them, so they are never resent blindly. Their calls are
-- locked. Grain of the result: one row per message that moved. Parameters: call_ids, error_code.
update message
set state = 'unknown', error_code = :error_code, state_at = now()
from attempt
where
    attempt.call_id = any(cast(:call_ids as uuid[]))
    and message.id = attempt.message_id and message.attempt_no = attempt.attempt_no and message.state = 'sending'
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
