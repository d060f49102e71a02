-- Calls whose lease ended without a word: the lane died, or its answer was lost. Their messages are unknown: the provider may have
-- them, so nobody sends them again blindly (reference: dispatch protocol, 3.2 step 7). Grain: one row per call. Parameter: most.
with ended as (
    select id
    from provider_call
    where state = 'sending' and lease_until < now()
    order by lease_until
    limit :most
    for update skip locked
),
closed as (
    update provider_call
    set state = 'unknown', error_code = 'lease_ended', recorded_at = now()
    from ended
    where provider_call.id = ended.id
    returning provider_call.id, provider_call.packet_id
),
moved as (
    update message
    set state = 'unknown', error_code = 'lease_ended', state_at = now()
    from closed
    join attempt on attempt.call_id = closed.id
    where message.id = attempt.message_id and message.attempt_no = attempt.attempt_no and message.state = 'sending'
)
select packet_id, count(*) as calls from closed group by packet_id
