-- Locks those of these events that are open. Other appliers skip them. Grain of the answer: one row: how many there are, and all ids as the
-- text of an array. Parameter: event_ids.
with locked as materialized (
    select inbox_id as id
    from open_event
    where inbox_id = any(cast(:event_ids as bigint[]))
    order by inbox_id
    for update skip locked
)
select count(*) as events, cast(array_agg(id order by id) as text) as event_ids
from locked
