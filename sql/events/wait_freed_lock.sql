-- Locks the waits for a provider in trouble, where a sender of their client can be used again, in the order of packets and channels.
-- Grain: one channel of one packet. Parameter: codes (the kinds of trouble).
select packet_id, channel
from channel_wait
where
    code = any(cast(:codes as text[])) and until > now()
    and exists (
        select from sender
        where
            sender.client_id = channel_wait.client_id and sender.channel = channel_wait.channel and sender.state = 'active'
            and not exists (
                select from breaker
                where
                    breaker.provider = sender.provider and breaker.channel = sender.channel
                    and (breaker.sender_id is null or breaker.sender_id = sender.id)
                    and breaker.state <> 'closed'
            )
    )
order by packet_id, channel
for update of channel_wait
