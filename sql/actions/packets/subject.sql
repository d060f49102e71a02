-- The packet, campaign or client that is to be paused, resumed or cancelled, as far as this transaction may see it. `open` tells whether
-- anything of a packet may still be sent. One row or none. Parameters: client_id, campaign_id, packet_id (the narrowest that is not null counts).
select
    client.id as client_id, client.slug as client, campaign.slug as campaign, campaign.state as campaign_state, packet.state as packet_state,
    packet.state <> 'refused'
    and (packet.state <> 'settled' or exists (select from packet_total where packet_id = packet.id and waiting > 0)) as open,
    exists (select from pause where packet_id = packet.id and final) as cancelled
from client
left join campaign on campaign.client_id = client.id and campaign.id = cast(:campaign_id as uuid)
left join data_packet as packet on packet.client_id = client.id and packet.id = cast(:packet_id as uuid)
where
    client.id = coalesce(
        cast(:client_id as uuid),
        (select client_id from data_packet where id = cast(:packet_id as uuid))
    )
    and (cast(:campaign_id as uuid) is null or campaign.id is not null)
    and (cast(:packet_id as uuid) is null or packet.id is not null)
