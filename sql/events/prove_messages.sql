-- Accepts the messages of calls that are proven to be accepted, also those that were ready to be sent again, or expired meanwhile. Calls and
-- messages are locked.
-- Grain: one row per message that moved. Parameter: call_ids.
update message
set state = 'accepted', error_code = null, state_at = now()
from attempt
where
    attempt.call_id = any(cast(:call_ids as uuid[]))
    and message.id = attempt.message_id and message.attempt_no = attempt.attempt_no
    and message.state in ('sending', 'unknown', 'ready', 'expired')
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
