-- The events set aside that are to be tried again now. Grain: an event. Parameter: limit.
select inbox_id
from open_event
where next_try_at <= now()
order by next_try_at, inbox_id
limit :limit
