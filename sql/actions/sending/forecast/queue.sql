-- How many messages other packets of any client have due that draw on the same limits, and the packet itself on its other channels.
-- What a packet has due is what its own forecast has counted, a minute ago or so; only one without a forecast is counted here.
-- Only the worker, who sees all clients, may run this: a client learns nothing of it but its own forecast.
-- Grain: a limit and a packet. Parameters: packet_id, channel, keys (of limits, as in steps/dispatch/limits/rules).
with due as materialized (
    select packet.id as packet_id, packet.client_id, counted.channel, counted.messages
    from data_packet as packet
    left join packet_forecast as kept on kept.packet_id = packet.id
    cross join lateral (
        select each.key as channel, cast(each.value as bigint) as messages from jsonb_each_text(kept.due) as each
        union all
        select message.channel, count(*)
        from message
        where
            kept.packet_id is null and message.packet_id = packet.id and message.state = 'ready'
            and message.not_before <= packetboat_now() and message.closes_at > packetboat_now() and message.expires_at > packetboat_now()
        group by message.channel
    ) as counted
    where
        packet.state in ('preparing', 'sending') and (packet.id <> :packet_id or counted.channel <> :channel)
        and not exists (select from paused_packet where paused_packet.packet_id = packet.id)
),
drawn as materialized (
    select due.*, sender.provider, cast(sender.id as text) as sender_id
    from due
    cross join lateral (
        select id, provider
        from sender
        where sender.client_id = due.client_id and sender.channel = due.channel and sender.state = 'active'
        order by priority, id
        limit 1
    ) as sender
),
rule as materialized (
    select
        client_id, scope, subject,
        concat_ws(':', scope, coalesce(cast(client_id as text), '*'), subject) as key
    from sending_limit
)
select rule.key, drawn.packet_id, cast(sum(drawn.messages) as bigint) as messages
from rule
join drawn on
    (rule.client_id is null or rule.client_id = drawn.client_id)
    and case rule.scope
        when 'provider' then rule.subject = drawn.provider
        when 'brand' then rule.subject = drawn.provider
        when 'sender' then rule.subject = drawn.sender_id
        when 'channel' then rule.subject = drawn.channel
        else true
    end
where rule.key = any(cast(:keys as text[]))
group by rule.key, drawn.packet_id
