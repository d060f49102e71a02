-- A promise that could not be kept yet: tried again after 2 ** tries seconds, 5 minutes at most. Parameters: id, error (a code).
update outbox
set last_error = :error, next_try_at = now() + make_interval(secs => least(300, power(2, tries)))
where id = :id and delivered_at is null
