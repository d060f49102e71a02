-- Those of these calls that are still unknown and whose check this owner still holds. Another process may have taken it over since, and an
-- event may have proven the call. Locks the checks.
-- Parameters: call_ids, owner.
select call_id
from call_check
where call_id = any(cast(:call_ids as uuid[])) and owner = :owner and decision is null
    and exists (select from provider_call where id = call_id and state = 'unknown')
order by call_id
for update
