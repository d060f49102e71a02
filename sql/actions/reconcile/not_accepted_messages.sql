-- Makes the messages of calls that were not accepted ready again, if they are still of use and were not erased. Their calls are locked.
-- Grain of the result: one row per message that moved. Parameters: call_ids, code.
update message
set
    state = case
        when message.address = '' then 'cancelled'
        when message.expires_at <= packetboat_now() then 'expired'
        else 'ready'
    end,
    error_code = case when message.address = '' then 'erased' else :code end,
    state_at = now()
from attempt
where
    attempt.call_id = any(cast(:call_ids as uuid[]))
    and message.id = attempt.message_id and message.attempt_no = attempt.attempt_no and message.state = 'unknown'
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
