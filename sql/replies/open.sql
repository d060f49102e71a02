-- The oldest open replies. Grain: a reply. Parameter: limit.
select id
from reply
where outcome is null
order by id
limit :limit
