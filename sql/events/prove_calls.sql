-- An event about a call that is under way or unknown proves that the provider took it: the call is accepted, and with it all of its
-- messages. This is how an answer that was lost is found again (reference: dispatch protocol, 3.2 step 6).
-- Calls are held in the order of their ids, as the lanes hold them: no two can wait for each other.
-- Grain: one row per message that moved. Parameters: event_ids and attempt_ids (two arrays side by side), call_ids.
with held as (
    select id, provider
    from provider_call
    where id = any(cast(:call_ids as uuid[]))
    order by id
    for update
),
proof as (
    select distinct on (attempt.call_id) attempt.call_id, event_inbox.provider_ref
    from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
    join event_inbox on event_inbox.id = matched.event_id
    join attempt on attempt.id = matched.attempt_id
    where event_inbox.provider_ref is not null
    order by attempt.call_id, event_inbox.id
),
proven as (
    update provider_call
    set state = 'accepted', provider_ref = proof.provider_ref, error_code = null, recorded_at = now()
    from held
    join proof on proof.call_id = held.id
    where
        provider_call.id = held.id and provider_call.state in ('sending', 'unknown')
        -- A reference that another call already has proves nothing about this one.
        and not exists (
            select from provider_call as other
            where other.provider = held.provider and other.provider_ref = proof.provider_ref and other.id <> held.id
        )
    returning provider_call.id
)
update message
set state = 'accepted', error_code = null, state_at = now()
from proven
join attempt on attempt.call_id = proven.id
where
    message.id = attempt.message_id and message.attempt_no = attempt.attempt_no
    and message.state in ('sending', 'unknown')
returning message.client_id, message.packet_id, old.state as state_before, new.state as state_after
