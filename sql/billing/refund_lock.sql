-- Locks a message while it is refunded, as the trigger of a refund does (migration 0020). No row if this transaction does not see it.
-- Parameter: message_id.
select id from message where id = :message_id for update
