-- The providers and senders that are held back now. Grain: a breaker; `retry_at` is null when only a person closes it. `client`, whose sender it
-- is, is null for a provider. `params` are those of the sentence about `reason`.
select
    breaker.provider, breaker.channel, breaker.reason, breaker.params, breaker.opened_at, nullif(breaker.retry_at, 'infinity') as retry_at,
    client.slug as client
from breaker
left join sender on sender.id = breaker.sender_id
left join client on client.id = sender.client_id
where breaker.state <> 'closed'
order by breaker.provider, breaker.channel, breaker.opened_at
