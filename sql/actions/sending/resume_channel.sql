-- Lets a channel of a client go on that was stopped because people complained. Grain: a sender. Parameters: client_id, channel.
update breaker
set state = 'closed', setbacks = 0, holder = null, retry_at = now()
from sender
where
    sender.id = breaker.sender_id and sender.client_id = :client_id and sender.channel = :channel
    and breaker.reason = 'complaints' and breaker.state <> 'closed'
returning breaker.id
