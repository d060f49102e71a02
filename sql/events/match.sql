-- Finds the attempt that each event is about: by our own id that came back with it, else by the provider's reference, which for a call
-- with several messages needs the address too.
-- Grain: one row per event; attempt_id is null while nothing matches (its call may not be recorded yet, P6).
-- Parameters: event_ids, patience_hours.
with taken as (
    select id, provider, attempt_id, provider_ref, address, received_at
    from event_inbox
    where id = any(cast(:event_ids as bigint[]))
),
by_id as (
    select taken.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id
    from taken
    join attempt on attempt.id = taken.attempt_id
    join provider_call on provider_call.id = attempt.call_id and provider_call.provider = taken.provider
),
by_reference as (
    select distinct on (taken.id) taken.id, attempt.id as attempt_id, attempt.call_id, attempt.message_id
    from taken
    join provider_call on provider_call.provider = taken.provider and provider_call.provider_ref = taken.provider_ref
    join attempt on attempt.call_id = provider_call.id
    join message on message.id = attempt.message_id
    where provider_call.messages = 1 or message.address = lower(taken.address)
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
