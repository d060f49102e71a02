-- Messages that pass their deadline while their channel waits or their packet is paused, stopped or waits for credit (B9): no lane looks
-- at them meanwhile. A lane that runs expires its own. Of each channel it reads the claim index up to now, like steps/dispatch/expire_lock.
-- Grain: one message. Parameters: client_id (one by one, so that none waits for another's trouble), limit.
select message.id
from (
    select packet_id, channel from channel_wait where client_id = :client_id and until > now()
    union
    select paused_packet.packet_id, null
    from paused_packet
    join data_packet on data_packet.id = paused_packet.packet_id and data_packet.state in ('preparing', 'sending')
    where paused_packet.client_id = :client_id and data_packet.client_id = :client_id
    union
    select id, null
    from data_packet
    where client_id = :client_id and state in ('awaiting_credit', 'stopped') and erased_at is null
) as idle
join message on message.packet_id = idle.packet_id and message.channel = coalesce(idle.channel, message.channel)
where
    message.client_id = :client_id and message.state = 'ready' and message.expires_at <= (select packetboat_now())
order by message.id
limit :limit
for update of message skip locked
