-- Releases promises that were claimed but not tried, because an earlier one failed for a reason that affects all. Parameters: ids, error (a code).
update outbox
set last_error = :error, next_try_at = now(), tries = tries - 1
where id = any(cast(:ids as uuid[])) and delivered_at is null
