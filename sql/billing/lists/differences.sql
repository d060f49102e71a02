-- Where a provider's list of a day differs from what we recorded. `unrecorded`: it lists what we do not know as accepted. `unlisted`: it
-- accepted what it does not list. Grain: a side and a client (null: nobody's), with the number of messages and some references of calls.
-- Parameters: providers, since, until.
select side, client_id, count(*) as messages, (array_agg(distinct provider_ref))[1:5] as provider_refs
from (
    select
        'unrecorded' as side, listed.provider_ref,
        coalesce(
            (select client_id from attempt where id = listed.attempt_id),
            (
                select client_id from provider_call
                where provider = any(cast(:providers as text[])) and provider_ref = listed.provider_ref
                limit 1
            )
        ) as client_id
    from (select distinct provider_ref, attempt_id from listed_message where at < :until) as listed
    where
        not exists (select from own_message where own_message.provider_ref = listed.provider_ref)
        and not exists (
            select from provider_call as call
            where
                call.provider = any(cast(:providers as text[])) and call.provider_ref = listed.provider_ref and call.state = 'accepted'
                and (
                    listed.attempt_id is null
                    or exists (select from attempt where attempt.id = listed.attempt_id and attempt.call_id = call.id)
                )
        )
    union all
    select 'unlisted', call.provider_ref, call.client_id
    from provider_call as call
    join attempt on attempt.call_id = call.id
    where
        call.id >= uuidv7_floor(:since) and call.id < uuidv7_floor(:until)
        and call.provider = any(cast(:providers as text[])) and call.state = 'accepted' and call.provider_ref is not null
        and not exists (
            select from listed_message
            where
                listed_message.provider_ref = call.provider_ref
                and (listed_message.attempt_id is null or listed_message.attempt_id = attempt.id)
        )
) as differing
group by side, client_id
order by side, client_id
