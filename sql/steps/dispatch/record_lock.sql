-- Locks the calls whose answers are recorded next: those of this owner that are still open. Every transaction that moves a message in flight
-- locks its call first, in the order of the ids, so that no two deadlock.
-- Grain: one call. Parameters: owner, call_ids.
select id
from provider_call
where id = any(cast(:call_ids as uuid[])) and owner = :owner and recorded_at is null
order by id
for update
