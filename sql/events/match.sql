-- Finds the attempt that each event is about: by our own id, if it came back with the event, else by the provider's reference; for a call
-- with several messages, the address must match too, and a reference that two calls share matches neither.
-- Harmful events (an opt-out, a complaint, a permanent failure) are matched by our own id alone, and only if the address is the one that the
-- message went to; of an erased message, one that its packet had. An address with characters that no address of ours has cannot be compared: then our own id is enough for a call with one
-- message.
-- Grain: one row about all events: how many there are, how many match, how many of these say a state, whether one is an opt-out (opts_out); the
-- ids of those that match nothing for too long, and of those that match (event_ids); and, as texts of arrays, which the statements after it take
-- as they are, what these match (attempt_ids, message_ids, packet_ids and client_ids are parallel to event_ids), and the different calls and
-- messages in order (null if nothing matches). An event may match nothing because its call is not recorded yet (P6).
-- Parameters: event_ids, patience_hours.
with unapplied as (
    select
        id, provider, attempt_id, provider_ref, address, received_at, state is not null as has_state, opt_out is not null as opts_out,
        opt_out is not null or coalesce(state in ('failed', 'undelivered', 'cancelled'), false) as harmful
    from event_inbox
    where id = any(cast(:event_ids as bigint[]))
),
by_id as materialized (
    select unapplied.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id, message.packet_id, message.client_id
    from unapplied
    join attempt on attempt.id = unapplied.attempt_id
    join provider_call on provider_call.id = attempt.call_id and provider_call.provider = unapplied.provider
    join message on message.id = attempt.message_id
    where
        not unapplied.harmful
        or comparable_address(message.address) = comparable_address(unapplied.address)
        or message.address = '' and exists (
            select from erased_address
            where
                erased_address.packet_id = message.packet_id
                and erased_address.address_hash = address_hash(comparable_address(unapplied.address))
        )
        or (provider_call.messages = 1 and unapplied.address ~ '[^!-~]|[<>]')
),
by_reference as (
    select distinct on (unapplied.id)
        unapplied.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id, message.packet_id, message.client_id
    from unapplied
    join provider_call on provider_call.provider = unapplied.provider and provider_call.provider_ref = unapplied.provider_ref
        and not exists (
            select from provider_call as other
            where other.provider = unapplied.provider and other.provider_ref = unapplied.provider_ref and other.id <> provider_call.id
        )
    join attempt on attempt.call_id = provider_call.id
    join message on message.id = attempt.message_id
    where
        not unapplied.harmful and unapplied.id not in (select id from by_id)
        and (provider_call.messages = 1 or comparable_address(message.address) = comparable_address(unapplied.address))
    order by unapplied.id
),
matched as (
    select id, attempt_id, call_id, message_id, packet_id, client_id from by_id
    union all
    select id, attempt_id, call_id, message_id, packet_id, client_id from by_reference
)
select
    count(*) as events, count(matched.id) as matched,
    count(*) filter (where matched.id is not null and unapplied.has_state) as reported,
    coalesce(bool_or(unapplied.opts_out) filter (where matched.id is not null), false) as opts_out,
    coalesce(
        array_agg(unapplied.id order by unapplied.id) filter (
            where matched.id is null and unapplied.received_at < now() - make_interval(hours => :patience_hours)
        ),
        '{}'
    ) as too_old,
    array_agg(matched.id order by matched.id) filter (where matched.id is not null) as event_ids,
    cast(array_agg(matched.attempt_id order by matched.id) filter (where matched.id is not null) as text) as attempt_ids,
    cast(array_agg(matched.message_id order by matched.id) filter (where matched.id is not null) as text) as message_ids,
    cast(array_agg(matched.packet_id order by matched.id) filter (where matched.id is not null) as text) as packet_ids,
    cast(array_agg(matched.client_id order by matched.id) filter (where matched.id is not null) as text) as client_ids,
    cast(array_agg(distinct matched.call_id) filter (where matched.id is not null) as text) as different_calls,
    cast(array_agg(distinct matched.message_id) filter (where matched.id is not null) as text) as different_messages
from unapplied
left join matched on matched.id = unapplied.id
