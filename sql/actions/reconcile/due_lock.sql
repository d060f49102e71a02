-- Locks the checks that are due. Other processes skip them. Grain: one call. Parameters: now (by the settable clock), limit.
select call_id
from call_check
where decision is null and next_at <= :now
order by next_at
limit :limit
for update skip locked
