-- Gives back promises that were taken and not tried, because one before them met what they all would have met. Parameters: ids, error (a code).
update outbox
set last_error = :error, next_try_at = now(), tries = tries - 1
where id = any(cast(:ids as uuid[])) and delivered_at is null
