-- The packets of a packet, campaign or client that can be cancelled: something of them may still be sent. Grain: a packet.
-- Parameters: client_id, campaign_id, packet_id (null: any).
select packet.id as packet_id, packet.client_id
from data_packet as packet
left join packet_total as total on total.packet_id = packet.id
where
    packet.client_id = cast(:client_id as uuid)
    and (cast(:packet_id as uuid) is null or packet.id = cast(:packet_id as uuid))
    and (cast(:campaign_id as uuid) is null or packet.campaign_id = cast(:campaign_id as uuid))
    and packet.state <> 'refused'
    and (packet.state <> 'settled' or total.waiting > 0)
    and not exists (select from pause where packet_id = packet.id and final)
order by packet.id
