-- How many people have complained about a client's messages of one channel lately, and how many messages a provider has accepted in that time;
-- clients without a complaint are left out, unless their channel is stopped: `why` then has the figures with which it was. Only what a provider
-- has reported counts, and only what happened since a person last let the channel go on.
-- Grain: a client. Parameters: client_ids, channel, days, sources (of complaints).
with recent as (
    select
        client.id as client_id, greatest(now() - make_interval(days => :days), client.complaints_from) as since,
        (
            select breaker.params from sender
            join breaker on breaker.sender_id = sender.id
            where
                sender.client_id = client.id and sender.channel = :channel
                and breaker.reason = 'complaints' and breaker.state <> 'closed'
            order by breaker.opened_at
            limit 1
        ) as why
    from client
    where client.id = any(cast(:client_ids as uuid[]))
)
select recent.client_id, recent.why, counted.complaints, cast(accepted.messages as bigint) as messages, current_date as today
from recent
cross join lateral (
    select count(distinct address_hash) as complaints
    from suppression_change
    where
        suppression_change.client_id = recent.client_id and channel = :channel and reason = 'complained' and change = 'added'
        and source = any(cast(:sources as text[])) and changed_at > recent.since
) as counted
cross join lateral (
    select coalesce(sum(call.messages), 0) as messages
    from data_packet as packet
    join provider_call as call on call.packet_id = packet.id
    where
        packet.client_id = recent.client_id and coalesce(packet.settled_at, now()) > recent.since
        and call.channel = :channel and call.state = 'accepted' and call.claimed_at > recent.since
        and counted.complaints > 0
) as accepted
where recent.why is not null or counted.complaints > 0
