-- The packets that a resume starts again: prepared, with messages left, and not paused for another reason. Grain: a packet.
-- Parameters: client_id, campaign_id, packet_id (null: any).
select packet.id
from data_packet as packet
where
    packet.state in ('preparing', 'sending')
    and (cast(:packet_id as uuid) is null or packet.id = cast(:packet_id as uuid))
    and (cast(:campaign_id as uuid) is null or packet.campaign_id = cast(:campaign_id as uuid))
    and (cast(:client_id as uuid) is null or packet.client_id = cast(:client_id as uuid))
    and not exists (select from paused_packet where packet_id = packet.id)
    and exists (select from message where packet_id = packet.id and state = 'ready')
order by packet.id
