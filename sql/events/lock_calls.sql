-- Locks the calls whose messages are moved next, in the order of the ids, as the lanes do, so that no two transactions deadlock.
-- Grain: one call. Parameter: call_ids.
select id from provider_call where id = any(cast(:call_ids as uuid[])) order by id for update
