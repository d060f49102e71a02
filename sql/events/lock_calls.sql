-- Locks the calls whose messages are moved next, in the order of the ids, as the lanes do, so that no two transactions deadlock. Only calls
-- that may be in doubt, or that lack their reference, are locked: no other ever does.
-- Grain of the answer: a call of which an event can still prove that it was accepted, or tell the reference. Parameter: call_ids.
with locked as materialized (
    select id, state, error_code, provider_ref from provider_call where id = any(cast(:call_ids as uuid[])) order by id for update
)
select id
from locked
where state in ('sending', 'unknown') or (state = 'retry' and error_code in ('not_found', 'not_received'))
    or (state = 'accepted' and provider_ref is null)
