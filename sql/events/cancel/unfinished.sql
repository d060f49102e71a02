-- Cancelled packets that are not settled, or of which a message has become ready since (one that is unknown is left to the provider or a person). Grain: a packet. Parameter: packet_id (null for all).
select packet.id as packet_id, packet.client_id
from pause
join data_packet as packet on packet.id = pause.packet_id
left join packet_total as total on total.packet_id = packet.id
where
    pause.final and (packet.state <> 'settled' or total.waiting > 0 and exists (
        select from message where packet_id = packet.id and state in ('ready', 'sending')
    ))
    and (cast(:packet_id as uuid) is null or packet.id = cast(:packet_id as uuid))
order by packet.id
