-- Locks those of these calls that are still claimed and not begun. One that somebody holds is skipped: it is just being begun, or given back, and
-- waiting for it could deadlock, since messages of it are locked already. Grain: one call. Parameter: call_ids.
select id
from provider_call
where id = any(cast(:call_ids as uuid[])) and state = 'sending' and begun_at is null
order by id
for update skip locked
