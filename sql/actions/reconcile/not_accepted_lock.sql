-- Locks those of these calls that are still unknown, in the order of the ids. Grain: one call. Parameter: call_ids.
select id, packet_id
from provider_call
where id = any(cast(:call_ids as uuid[])) and state = 'unknown'
order by id
for update
