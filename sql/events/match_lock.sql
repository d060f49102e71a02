-- Locks the next open events. Other appliers skip them. Grain: one event. Parameters: after (the last id already read), limit.
select inbox_id as id
from open_event
where inbox_id > :after
order by inbox_id
limit :limit
for update skip locked
