-- What the hooks of the providers refused in the last days, and the events that were refused later. Grain: a provider and a reason.
-- Parameter: days.
select provider, reason, sum(refused) as refused
from hook_refusal
where day > (now() at time zone 'utc')::date - :days
group by provider, reason
order by provider, reason
