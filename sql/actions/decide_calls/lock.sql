-- Locks the checks of those of these calls that nobody has decided about, before the calls, as when the lists are read. Grain: one call.
-- Parameter: call_ids.
select call_id
from call_check
where call_id = any(cast(:call_ids as uuid[])) and decision is null
order by call_id
for update
