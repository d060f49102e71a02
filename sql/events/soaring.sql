-- Packets of which too many messages failed because of their text, their sender, our reputation or for a reason that nobody knows, while others
-- are still to be sent.
-- Only what happened since a person last resumed such a packet counts. Paused packets are left alone, and not counted. Every other packet that is
-- being sent is read once a minute, by its own index: an index over states would cost each send more (decision 5). Grain: a channel of a packet.
-- Parameters: share, least (messages with an outcome), channels (where every failure counts), codes (the failures that do not count elsewhere;
-- one without a code does).
with watched as materialized (
    select
        packet.id, packet.client_id,
        (
            select coalesce(max(ended_at), '-infinity')
            from pause
            where pause.packet_id = packet.id and pause.code = 'paused_failures_soar'
        ) as since
    from data_packet as packet
    where
        packet.state = 'sending'
        and not exists (select from paused_packet where paused_packet.packet_id = packet.id)
)
select watched.id as packet_id, watched.client_id, counted.channel, counted.tried, counted.failed
from watched
cross join lateral (
    select
        message.channel,
        count(*) filter (where message.state in ('accepted', 'sent', 'delivered', 'undelivered', 'failed')) as tried,
        count(*) filter (
            where message.state in ('undelivered', 'failed')
                and (message.channel = any(cast(:channels as text[])) or coalesce(message.error_code <> all(cast(:codes as text[])), true))
        ) as failed,
        count(*) filter (where message.state = 'ready') as ready
    from message
    where message.packet_id = watched.id and (message.state = 'ready' or message.state_at > watched.since)
    group by message.channel
) as counted
where counted.ready > 0 and counted.tried >= :least and counted.failed >= :share * counted.tried
