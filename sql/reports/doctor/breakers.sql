-- The providers and senders that are held back now. Grain: a breaker; `retry_at` is null when only a person closes it.
select breaker.provider, breaker.channel, breaker.reason, breaker.opened_at, nullif(breaker.retry_at, 'infinity') as retry_at, sender.address
from breaker
left join sender on sender.id = breaker.sender_id
where breaker.state <> 'closed'
order by breaker.provider, breaker.channel, breaker.opened_at
