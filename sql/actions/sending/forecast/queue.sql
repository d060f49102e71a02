-- How many messages of a channel the client's other packets have to send now. Grain: a packet. Parameters: client_id, packet_id, channel.
select count(*) as messages
from data_packet as packet
join message on message.packet_id = packet.id and message.channel = :channel and message.state = 'ready' and message.not_before <= packetboat_now()
where
    packet.client_id = :client_id and packet.id <> :packet_id and packet.state in ('preparing', 'sending')
    and not exists (select from paused_packet where packet_id = packet.id)
group by packet.id
