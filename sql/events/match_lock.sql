-- Takes the next open events. Other appliers skip what is taken here. Grain: one event. Parameters: after (the last id looked at), most.
select id
from event_inbox
where outcome is null and id > :after
order by id
limit :most
for update skip locked
