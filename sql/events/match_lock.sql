-- Locks the next open events that are not set aside. Other appliers skip them. Grain of the answer: one row: how many there are, the last id,
-- and all ids as the text of an array. Parameters: after (the last id already read), limit.
with locked as materialized (
    select inbox_id as id
    from open_event
    where inbox_id > :after and next_try_at is null
    order by inbox_id
    limit :limit
    for update skip locked
)
select count(*) as events, max(id) as last, cast(array_agg(id order by id) as text) as event_ids
from locked
