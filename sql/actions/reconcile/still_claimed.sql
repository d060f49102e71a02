-- Those of these calls whose check this owner still holds. Another process may have taken it over since. Locks the checks.
-- Parameters: call_ids, owner.
select call_id
from call_check
where call_id = any(cast(:call_ids as uuid[])) and owner = :owner and decision is null
order by call_id
for update
