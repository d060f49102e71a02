-- The providers and senders that are held back now. Grain: a breaker.
select breaker.provider, breaker.channel, breaker.reason, breaker.opened_at, breaker.retry_at, sender.address
from breaker
left join sender on sender.id = breaker.sender_id
where breaker.state <> 'closed'
order by breaker.provider, breaker.channel, breaker.opened_at
