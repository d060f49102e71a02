-- Takes the calls whose answers are recorded next: those of this owner that are still open. Whoever moves a message in flight takes its call first, in the order of the ids: no two can wait for each other.
-- Grain: one call. Parameters: owner, call_ids.
select id
from provider_call
where id = any(cast(:call_ids as uuid[])) and owner = :owner and recorded_at is null
order by id
for update
