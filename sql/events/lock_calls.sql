-- Takes the calls whose messages are moved next, in the order of the ids, as the lanes take them: no two can wait for each other.
-- Grain: one call. Parameter: call_ids.
select id from provider_call where id = any(cast(:call_ids as uuid[])) order by id for update
