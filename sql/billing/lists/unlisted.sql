-- The calls of a day that a provider accepted and does not list in full. Grain: a call. Parameters: providers, since, until, limit.
select call.provider, call.provider_ref
from provider_call as call
where
    call.id >= uuidv7_floor(:since) and call.id < uuidv7_floor(:until)
    and call.provider = any(cast(:providers as text[])) and call.state = 'accepted' and call.provider_ref is not null
    and exists (
        select from attempt
        where
            attempt.call_id = call.id
            and not exists (
                select from listed_message
                where
                    listed_message.provider_ref = call.provider_ref
                    and (listed_message.attempt_id is null or listed_message.attempt_id = attempt.id)
            )
    )
order by call.id
limit :limit
