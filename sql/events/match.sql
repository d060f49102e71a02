-- Finds the attempt that each event is about: by our own id, if it came back with the event, else by the provider's reference; for a call
-- with several messages, the address must match too, and a reference that two calls share matches neither.
-- Harmful events (an opt-out, a complaint, a permanent failure) are matched by our own id alone, and only if the address is the one that the
-- message went to; of an erased message, one that its packet had. An address with characters that no address of ours has cannot be compared: then our own id is enough for a call with one
-- message.
-- Grain: one row per event, with what the statements after it need; attempt_id is null while nothing matches, because its call may not be recorded yet (P6).
-- Parameters: event_ids, patience_hours.
with open_event as (
    select
        id, provider, attempt_id, provider_ref, address, received_at, opt_out is not null as opts_out,
        opt_out is not null or coalesce(state in ('failed', 'undelivered', 'cancelled'), false) as harmful
    from event_inbox
    where id = any(cast(:event_ids as bigint[]))
),
by_id as materialized (
    select open_event.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id, message.packet_id, message.client_id
    from open_event
    join attempt on attempt.id = open_event.attempt_id
    join provider_call on provider_call.id = attempt.call_id and provider_call.provider = open_event.provider
    join message on message.id = attempt.message_id
    where
        not open_event.harmful
        or comparable_address(message.address) = comparable_address(open_event.address)
        or message.address = '' and exists (
            select from erased_address
            where
                erased_address.packet_id = message.packet_id
                and erased_address.address_hash = address_hash(comparable_address(open_event.address))
        )
        or (provider_call.messages = 1 and open_event.address ~ '[^!-~]|[<>]')
),
by_reference as (
    select distinct on (open_event.id)
        open_event.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id, message.packet_id, message.client_id
    from open_event
    join provider_call on provider_call.provider = open_event.provider and provider_call.provider_ref = open_event.provider_ref
        and not exists (
            select from provider_call as other
            where other.provider = open_event.provider and other.provider_ref = open_event.provider_ref and other.id <> provider_call.id
        )
    join attempt on attempt.call_id = provider_call.id
    join message on message.id = attempt.message_id
    where
        not open_event.harmful and open_event.id not in (select id from by_id)
        and (provider_call.messages = 1 or comparable_address(message.address) = comparable_address(open_event.address))
    order by open_event.id
)
select
    open_event.id,
    coalesce(by_id.attempt_id, by_reference.attempt_id) as attempt_id,
    coalesce(by_id.call_id, by_reference.call_id) as call_id,
    coalesce(by_id.message_id, by_reference.message_id) as message_id,
    coalesce(by_id.packet_id, by_reference.packet_id) as packet_id,
    coalesce(by_id.client_id, by_reference.client_id) as client_id,
    open_event.opts_out,
    open_event.received_at < now() - make_interval(hours => :patience_hours) as too_old
from open_event
left join by_id on by_id.id = open_event.id
left join by_reference on by_reference.id = open_event.id
order by open_event.id
