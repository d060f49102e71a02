-- Locks the next open events. Other appliers skip them. Grain: one event. Parameters: after (the last id already read), limit.
select id
from event_inbox
where outcome is null and id > :after
order by id
limit :limit
for update skip locked
