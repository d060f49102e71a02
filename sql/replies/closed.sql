-- Closes a promise that was kept, or that is given up (error says why). Parameters: id, error (a code or null).
update outbox set delivered_at = now(), last_error = :error where id = :id and delivered_at is null
