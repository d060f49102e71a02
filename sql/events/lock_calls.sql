-- Locks the calls whose messages are moved next, in the order of the ids, as the lanes do, so that no two transactions deadlock.
-- Grain: one call; `in_doubt`: an event can still prove that it was accepted. Parameter: call_ids.
select
    id, state in ('sending', 'unknown') or state = 'retry' and coalesce(error_code in ('not_found', 'not_received'), false) as in_doubt
from provider_call where id = any(cast(:call_ids as uuid[])) order by id for update
