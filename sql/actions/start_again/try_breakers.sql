-- Somebody wants the packet to go on now: what holds back the senders of its client may be tried with one call at once.
-- A breaker that only a person closes stays as it is. Grain: a breaker. Parameter: packet_id.
update breaker
set retry_at = now()
from data_packet
join sender on sender.client_id = data_packet.client_id and sender.state = 'active'
where
    data_packet.id = :packet_id
    and breaker.provider = sender.provider and breaker.channel = sender.channel
    and (breaker.sender_id is null or breaker.sender_id = sender.id)
    and breaker.state = 'open' and breaker.retry_at > now() and breaker.retry_at < 'infinity'
