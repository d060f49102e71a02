-- An event about a call that is in flight, unknown or closed proves that the provider accepted it: this recovers an answer that was lost
-- (docs/how-nothing-is-doubled.md#the-life-of-a-message). A call in flight stays open for its answer, which its lane records. The calls are
-- locked. Grain: one row per call that was proven; `late`: it had been
-- closed as not accepted. Parameters: event_ids and attempt_ids (two parallel arrays).
update provider_call
set state = 'accepted', provider_ref = proof.provider_ref, error_code = null
from (
    select distinct on (provider, provider_ref) call_id, provider, provider_ref, id
    from (
        select distinct on (attempt.call_id) attempt.call_id, event_inbox.id, event_inbox.provider, event_inbox.provider_ref
        from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
        join event_inbox on event_inbox.id = matched.event_id
        join attempt on attempt.id = matched.attempt_id
        where event_inbox.provider_ref is not null
        order by attempt.call_id, event_inbox.id
    ) as first_event_of_call
    order by provider, provider_ref, id
) as proof
where
    provider_call.id = proof.call_id
    and (
        provider_call.state in ('sending', 'unknown')
        or provider_call.state = 'retry' and provider_call.error_code in ('not_found', 'not_received')
    )
    -- A reference proves one call only, the first that it came for: what it says of another is the provider's mistake or a forgery.
    and not exists (
        select from provider_call as other
        where other.provider = proof.provider and other.provider_ref = proof.provider_ref and other.id <> proof.call_id
    )
returning provider_call.id, proof.id as event_id, old.state = 'retry' as late
