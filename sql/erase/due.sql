-- The packets whose personal data is due to be erased, oldest first. A packet that is still at work, or whose messages wait or are in flight,
-- is left alone, and for some more days one with unknown messages: the providers' lists are searched, and people decide, by their addresses.
-- Grain: a packet. Parameters: types and days (two parallel arrays: the retention of each type of campaign), unknown_days, limit.
select packet.id as packet_id, packet.client_id, packet.sha256, kept.days as retention_days
from data_packet as packet
join campaign_version as version on version.id = packet.campaign_version_id
join unnest(cast(:types as text[]), cast(:days as int[])) as standard (type, days) on standard.type = version.details ->> 'type'
cross join lateral (
    select least(standard.days, cast(version.details #>> '{retention,days}' as integer)) as days
) as kept
cross join lateral (
    select packetboat_now() - coalesce(packet.settled_at, packet.received_at) as age
) as since
where
    packet.erased_at is null
    and packet.state not in ('received', 'preparing', 'sending', 'awaiting_credit')
    and since.age > make_interval(days => kept.days)
    and not exists (
        select from message
        where
            message.packet_id = packet.id and message.state in ('ready', 'sending', 'unknown')
            and (message.state <> 'unknown' or since.age <= make_interval(days => kept.days + :unknown_days))
    )
order by packet.received_at
limit :limit
