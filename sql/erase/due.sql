-- The packets whose personal data is due to be erased, oldest first. A packet that is still at work, or whose messages wait or are in flight,
-- is left alone, as is one with unknown messages:
-- the providers' lists are searched by their addresses. Grain: a packet. Parameters: types and days (two parallel arrays: the retention of each type of campaign), limit.
select packet.id as packet_id, packet.client_id, packet.sha256, kept.days as retention_days
from data_packet as packet
join campaign_version as version on version.id = packet.campaign_version_id
join unnest(cast(:types as text[]), cast(:days as int[])) as standard (type, days) on standard.type = version.details ->> 'type'
cross join lateral (
    select least(standard.days, cast(version.details #>> '{retention,days}' as integer)) as days
) as kept
where
    packet.erased_at is null
    and packet.state not in ('received', 'preparing', 'sending', 'awaiting_credit')
    and coalesce(packet.settled_at, packet.received_at) < packetboat_now() - make_interval(days => kept.days)
    and not exists (
        select from message where message.packet_id = packet.id and message.state in ('ready', 'sending', 'unknown')
    )
order by packet.received_at
limit :limit
