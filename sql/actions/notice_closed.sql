-- Closes a notice that was sent, or that is not tried again (error says why), and deletes its address. Parameters: id, error (a code or null).
update outbox
set delivered_at = now(), last_error = :error, payload = payload - 'address'
where id = :id and delivered_at is null
