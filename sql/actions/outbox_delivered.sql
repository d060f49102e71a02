-- Closes a promise that was kept. Parameter: id.
update outbox set delivered_at = now(), last_error = null where id = :id and delivered_at is null
