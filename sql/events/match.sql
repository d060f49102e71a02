-- Finds the attempt that each event is about: by our own id that came back with it, else by the provider's reference, which for a call
-- with several messages needs the address too; a reference that two calls have finds neither.
-- What hurts (an opt-out, a complaint, a failure for good) is believed by our own id alone, and only of the person that it was sent to. If
-- its address has characters that none of ours has, nothing can be compared: then our own id is enough for a call with one message.
-- Grain: one row per event; attempt_id is null while nothing matches because its call may not be recorded yet (P6).
-- Parameters: event_ids, patience_hours.
with taken as (
    select
        id, provider, attempt_id, provider_ref, address, received_at,
        opt_out is not null or coalesce(state in ('failed', 'undelivered', 'cancelled'), false) as hurts
    from event_inbox
    where id = any(cast(:event_ids as bigint[]))
),
by_id as (
    select taken.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id
    from taken
    join attempt on attempt.id = taken.attempt_id
    join provider_call on provider_call.id = attempt.call_id and provider_call.provider = taken.provider
    join message on message.id = attempt.message_id
    where
        not taken.hurts
        or comparable_address(message.address) = comparable_address(taken.address)
        or (provider_call.messages = 1 and taken.address ~ '[^!-~]|[<>]')
),
by_reference as (
    select distinct on (taken.id) taken.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id
    from taken
    join provider_call on provider_call.provider = taken.provider and provider_call.provider_ref = taken.provider_ref
        and not exists (
            select from provider_call as other
            where other.provider = taken.provider and other.provider_ref = taken.provider_ref and other.id <> provider_call.id
        )
    join attempt on attempt.call_id = provider_call.id
    join message on message.id = attempt.message_id
    where not taken.hurts and (provider_call.messages = 1 or comparable_address(message.address) = comparable_address(taken.address))
    order by taken.id
)
select
    taken.id,
    coalesce(by_id.attempt_id, by_reference.attempt_id) as attempt_id,
    coalesce(by_id.call_id, by_reference.call_id) as call_id,
    coalesce(by_id.message_id, by_reference.message_id) as message_id,
    taken.received_at < now() - make_interval(hours => :patience_hours) as too_old
from taken
left join by_id on by_id.id = taken.id
left join by_reference on by_reference.id = taken.id
order by taken.id
