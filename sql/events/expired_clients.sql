-- The clients that have messages past their deadline which no lane looks at (events/expired_lock). Of each channel it reads the claim index up
-- to now, like steps/dispatch/expire_lock. Grain: a client.
select distinct message.client_id
from (
    select packet_id, channel from channel_wait where until > now()
    union
    select paused_packet.packet_id, null
    from paused_packet
    join data_packet on data_packet.id = paused_packet.packet_id and data_packet.state in ('preparing', 'sending')
    union
    select id, null from data_packet where state in ('awaiting_credit', 'stopped') and erased_at is null
) as idle
join message on message.packet_id = idle.packet_id and message.channel = coalesce(idle.channel, message.channel)
where
    message.state = 'ready' and message.expires_at <= (select packetboat_now())
order by message.client_id
