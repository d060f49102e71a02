-- The events of the last days that were left because they match no message. Grain: a provider. Parameter: days.
select provider, count(*) as events
from event_inbox
where outcome = 'unmatched' and received_at > now() - make_interval(days => :days)
group by provider
order by provider
