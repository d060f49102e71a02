-- Messages that are locked and past their deadline are not sent any more (B9). Grain of the answer: one row per message that moved.
-- Parameter: message_ids.
update message
set state = 'expired', state_at = now()
where id = any(cast(:message_ids as uuid[]))
returning message.id, message.packet_id, message.row_no, old.state as state_before, new.state as state_after
