-- Finds the attempt that each event is about: by our own id, if it came back with the event, else by the provider's reference; for a call
-- with several messages, the address must match too, and a reference that two calls share matches neither.
-- Harmful events (an opt-out, a complaint, a permanent failure) are matched by our own id alone, and only if the address is the one that the
-- message went to; of an erased message, one that its packet had. An address with characters that no address of ours has cannot be compared:
-- then our own id is enough for a call with one message. Only where addresses are compared is the message read.
-- An event with our own id is not believed if its reference contradicts: its call has another one, or has none and another call has this one.
-- Grain: one row about all events: how many match (matched), how many of these say a state (reported), whether one is an opt-out (opts_out);
-- the ids of those that match nothing for too long (too_old) and of those that contradict (contradicting); and as texts of arrays, which the statements after it take as they are, or null
-- if nothing matches: of the events that match, event_ids, states, ranks, error_codes, attempt_ids, attempt_nos, message_ids, packet_ids and
-- client_ids, in parallel, and the calls that may be in doubt, or lack the reference that an event has (calls_in_doubt). An event may match nothing because its call is not recorded
-- yet (P6). Parameters: event_ids, patience_hours.
with by_id as materialized (
    select
        event.*, attempt.id as own_attempt_id, attempt.attempt_no, attempt.message_id, attempt.client_id, provider_call.packet_id,
        provider_call.id as call_id, provider_call.state as call_state,
        event.provider_ref is not null and provider_call.provider_ref is null as names_call,
        case
            when provider_call.provider_ref is not null then coalesce(provider_call.provider_ref <> event.provider_ref, false)
            when provider_call.id is not null then coalesce(
                -- Not "exists", which may be answered from a hash table of all calls.
                (
                    select true from provider_call as other
                    where other.provider = event.provider and other.provider_ref = event.provider_ref
                    limit 1
                ), false
            )
            else false
        end as contradicts
    from (
        select
            id, provider, attempt_id, provider_ref, address, received_at, state, rank, error_code, opt_out is not null as opts_out,
            opt_out is not null or coalesce(state in ('failed', 'undelivered', 'cancelled'), false) as harmful
        from event_inbox
        where id = any(cast(:event_ids as bigint[]))
    ) as event
    left join (attempt join provider_call on provider_call.id = attempt.call_id)
        on attempt.id = event.attempt_id and provider_call.provider = event.provider
        and (
            not event.harmful
            or provider_call.messages = 1 and event.address ~ '[^!-~]|[<>]'
            or exists (
                select from message
                where
                    message.id = attempt.message_id
                    and (
                        comparable_address(message.address) = comparable_address(event.address)
                        or message.address = '' and exists (
                            select from erased_address
                            where
                                erased_address.packet_id = message.packet_id
                                and erased_address.address_hash = address_hash(comparable_address(event.address))
                        )
                    )
            )
        )
),
event as (
    select
        id, state, rank, error_code, opts_out, received_at, own_attempt_id as attempt_id, attempt_no, message_id, client_id, packet_id,
        call_id, call_state, names_call
    from by_id
    where call_id is not null and not contradicts
    union all
    select
        by_id.id, by_id.state, by_id.rank, by_id.error_code, by_id.opts_out, by_id.received_at, by_reference.attempt_id,
        by_reference.attempt_no, by_reference.message_id, by_reference.client_id, by_reference.packet_id, by_reference.call_id,
        by_reference.call_state, false
    from by_id
    left join lateral (
        select
            attempt.id as attempt_id, attempt.attempt_no, attempt.message_id, attempt.client_id, provider_call.packet_id,
            provider_call.id as call_id, provider_call.state as call_state
        from provider_call
        join attempt on attempt.call_id = provider_call.id
        where
            provider_call.provider = by_id.provider and provider_call.provider_ref = by_id.provider_ref
            and not exists (
                select from provider_call as other
                where other.provider = by_id.provider and other.provider_ref = by_id.provider_ref and other.id <> provider_call.id
            )
            and (
                provider_call.messages = 1
                or exists (
                    select from message
                    where
                        message.id = attempt.message_id
                        and comparable_address(message.address) = comparable_address(by_id.address)
                )
            )
        limit 1
    ) as by_reference on not by_id.harmful
    where by_id.call_id is null
)
select
    count(call_id) as matched, count(state) filter (where call_id is not null) as reported,
    coalesce(bool_or(opts_out) filter (where call_id is not null), false) as opts_out,
    coalesce(
        array_agg(id) filter (where call_id is null and received_at < now() - make_interval(hours => :patience_hours)), '{}'
    ) as too_old,
    (select coalesce(array_agg(id), '{}') from by_id where contradicts) as contradicting,
    cast(array_agg(id) filter (where call_id is not null) as text) as event_ids,
    cast(array_agg(state) filter (where call_id is not null) as text) as states,
    cast(array_agg(rank) filter (where call_id is not null) as text) as ranks,
    cast(array_agg(error_code) filter (where call_id is not null) as text) as error_codes,
    cast(array_agg(attempt_id) filter (where call_id is not null) as text) as attempt_ids,
    cast(array_agg(attempt_no) filter (where call_id is not null) as text) as attempt_nos,
    cast(array_agg(message_id) filter (where call_id is not null) as text) as message_ids,
    cast(array_agg(packet_id) filter (where call_id is not null) as text) as packet_ids,
    cast(array_agg(client_id) filter (where call_id is not null) as text) as client_ids,
    cast(
        array_agg(call_id) filter (where call_state in ('sending', 'unknown', 'retry') or call_state = 'accepted' and names_call) as text
    ) as calls_in_doubt
from event
