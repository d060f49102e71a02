-- Schedules the next try of a promise, after 2 ** tries seconds, at most 5 minutes. Parameters: id, error (a code).
update outbox
set last_error = :error, next_try_at = now() + make_interval(secs => least(300, power(2, tries)))
where id = :id and delivered_at is null
