-- Locks calls that were under way when the backup was made, begun or not: later they may have been begun. One that somebody has locked is
-- waited for: it must not be forgotten. Grain: one call. Parameter: limit.
select id
from provider_call
where state = 'sending'
order by id
limit :limit
for update
