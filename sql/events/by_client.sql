-- Groups events by the client that they are probably about: by our own id, else by the provider's reference. Nothing is decided by it.
-- Grain: a client, or none. Parameter: event_ids.
select client_id, array_agg(id order by id) as event_ids
from (
    select
        event_inbox.id,
        coalesce(
            attempt.client_id,
            (
                select provider_call.client_id
                from provider_call
                where provider_call.provider = event_inbox.provider and provider_call.provider_ref = event_inbox.provider_ref
                limit 1
            )
        ) as client_id
    from event_inbox
    left join attempt on attempt.id = event_inbox.attempt_id
    where event_inbox.id = any(cast(:event_ids as bigint[]))
) as event
group by client_id
order by client_id
