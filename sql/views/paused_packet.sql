-- The pauses that apply to a packet now: its own, its campaign's, its client's and the platform's (docs/decisions/0027). Lanes neither claim
-- nor begin anything of such a packet. Grain: a packet and a pause. `final` means that the packet is cancelled.
-- A dump that was restored pauses everything, because its tables have new oids, until it has been examined.
-- security_invoker: row-level security applies to the user of the view. {name} is paused_packet.
create view {name} with (security_invoker = true) as
select
    packet.id as packet_id, packet.client_id, pause.scope, pause.code, pause.params, pause.final, pause.begun_by, pause.begun_at
from data_packet as packet
join pause
    on pause.ended_at is null
    and pause.subject in (packet.id, packet.campaign_id, packet.client_id, '00000000-0000-0000-0000-000000000000')
union all
select packet.id, packet.client_id, 'platform', 'hold_restored', cast('{}' as jsonb), false, 'Packetboat', epoch.beat_at
from epoch
cross join data_packet as packet
where epoch.table_oid <> epoch.tableoid
