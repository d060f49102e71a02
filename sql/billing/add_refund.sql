-- Keeps a refund; the database refuses more than was charged (migration 0020). Parameters: message_id, reason, client_id, journal_id, amount_minor.
insert into refund (message_id, reason, client_id, journal_id, amount_minor)
values (:message_id, :reason, :client_id, :journal_id, :amount_minor)
