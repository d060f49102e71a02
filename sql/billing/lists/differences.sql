-- Where a provider's list of a day differs from what we recorded. `unrecorded`: it lists what we do not know as accepted. `unlisted`: it
-- accepted what it does not list. Grain: a side and a client (null: nobody's), with the number of messages and some references of calls.
-- A call that a person said was received may have no reference: its messages are known by our attempts, if the provider repeats them. Otherwise
-- it explains as many listed messages as it had, of those that belong to nobody and were accepted while it was under way.
-- Parameters: providers, since, until.
with unrecorded as materialized (
    select
        row_number() over (order by listed.at, listed.provider_ref) as no, listed.provider_ref, listed.at,
        coalesce(
            (select client_id from attempt where id = listed.attempt_id),
            (
                select client_id from provider_call
                where provider = any(cast(:providers as text[])) and provider_ref = listed.provider_ref
                limit 1
            )
        ) as client_id
    from (
        select provider_ref, attempt_id, min(at) as at from listed_message where at < :until group by provider_ref, attempt_id
    ) as listed
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
        and not exists (
            select from attempt
            join provider_call as call on call.id = attempt.call_id
            where
                attempt.id = listed.attempt_id
                and call.provider = any(cast(:providers as text[])) and call.provider_ref is null and call.state = 'accepted'
        )
),
-- As in pipelines/actions/messages/matching, the provider's clock may be a little behind ours, and a call may reach it after its lease. What
-- was really sent between a backup and its restore was sent before that was recorded.
decided as materialized (
    select
        call.messages, call.claimed_at - interval '5 s' as since,
        greatest(call.lease_until, call.recorded_at) + interval '60 s' as until
    from call_check
    join provider_call as call on call.id = call_check.call_id
    where
        call_check.decision = 'received' and call.state = 'accepted' and call.provider_ref is null
        and call.provider = any(cast(:providers as text[]))
        and call.claimed_at - interval '5 s' < :until and greatest(call.lease_until, call.recorded_at) + interval '60 s' >= :since
        and not exists (
            select from listed_message
            join attempt on attempt.id = listed_message.attempt_id
            where attempt.call_id = call.id
        )
),
of_decided as (
    select no
    from unrecorded
    where client_id is null and exists (select from decided where unrecorded.at between decided.since and decided.until)
    order by no
    limit (select coalesce(sum(messages), 0) from decided)
)
select side, client_id, count(*) as messages, (array_agg(distinct provider_ref))[1:5] as provider_refs
from (
    select 'unrecorded' as side, provider_ref, client_id
    from unrecorded
    where not exists (select from of_decided where of_decided.no = unrecorded.no)
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
