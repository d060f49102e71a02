-- The figures with which a channel of a client was stopped because people complained, as JSON; no row if it is not.
-- Parameters: client_id, channel.
select breaker.params
from sender
join breaker on breaker.sender_id = sender.id
where
    sender.client_id = :client_id and sender.channel = :channel
    and breaker.reason = 'complaints' and breaker.state <> 'closed'
order by breaker.opened_at
limit 1
