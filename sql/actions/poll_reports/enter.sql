-- Enters the channels of packets of which the provider has accepted something, so that missing reports are asked for.
-- Grain: one channel of one packet. Parameters: channels (names), now (by the settable clock), days.
insert into report_poll (packet_id, channel, client_id, next_at)
select packet.id, channel.name, packet.client_id, :now
from data_packet as packet
cross join unnest(cast(:channels as text[])) as channel (name)
where
    (packet.state = 'sending' or packet.state = 'settled' and packet.settled_at > :now - make_interval(days => :days))
    and not exists (select from report_poll where packet_id = packet.id and channel = channel.name)
    and exists (
        select from provider_call
        where packet_id = packet.id and provider_call.channel = channel.name and state = 'accepted' and provider_ref is not null
    )
on conflict (packet_id, channel) do nothing
