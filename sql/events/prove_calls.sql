-- An event about a call that is in flight, unknown or closed proves that the provider accepted it: this recovers an answer that was lost
-- (docs/how-nothing-is-doubled.md#the-life-of-a-message). A call in flight stays open for its answer, which its lane records. A reference
-- proves one call only, the first that it came for: what it says of another is the provider's mistake or a forgery. A call that was accepted
-- without a reference, because a person knew it, gets its reference in the same way. The calls are locked, and events/match has left out the
-- references that other calls have.
-- Grain: one row per call that was proven; `late`: it had been closed as not accepted; `known`: it was accepted, and got its reference;
-- `contested`: events name several references.
-- Parameters: event_ids and attempt_ids (two parallel arrays).
update provider_call
set state = 'accepted', provider_ref = coalesce(proof.provider_ref, provider_call.provider_ref), error_code = null
from (
    select distinct on (call_id) call_id, provider_ref, id, provider_refs > 1 as contested
    from (
        select distinct on (provider, coalesce(provider_ref, cast(call_id as text)))
            call_id, id, provider_ref, count(provider_ref) over (partition by call_id) as provider_refs
        from (
            select doubtful.id as call_id, event_inbox.provider, event_inbox.provider_ref, min(event_inbox.id) as id
            from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
            join attempt on attempt.id = matched.attempt_id
            join provider_call as doubtful on doubtful.id = attempt.call_id
            join event_inbox on event_inbox.id = matched.event_id
            where
                doubtful.state in ('sending', 'unknown')
                or doubtful.state = 'retry' and doubtful.error_code in ('not_found', 'not_received')
                or doubtful.state = 'accepted' and doubtful.provider_ref is null and event_inbox.provider_ref is not null
            group by doubtful.id, event_inbox.provider, event_inbox.provider_ref
        ) as named
        order by provider, coalesce(provider_ref, cast(call_id as text)), id
    ) as first_call
    order by call_id, provider_ref is null, id
) as proof
where provider_call.id = proof.call_id
returning provider_call.id, proof.id as event_id, old.state = 'retry' as late, old.state = 'accepted' as known, proof.contested
