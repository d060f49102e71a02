-- Records what came of provider calls (reference: dispatch protocol, 3.2 step 5). Only the owner of a call that is still open may: the
-- late answer of a lane that was given up changes nothing. What was known not to be accepted goes back to ready, with full jitter
-- over 2 ** attempt seconds up to 5 minutes, or as long as the provider asked; past its deadline it expires. Somebody whom the provider
-- reports as opted out is suppressed.
-- Grain: one row per call. Parameters: owner, packet_id and the arrays call_ids, call_states, message_states, provider_refs,
-- http_statuses, error_codes, segments, waits (seconds; null: back off by the number of tries; 0: at once), opted_out.
-- Returns how many calls it closed and the packet's state.
with answer as (
    select *
    from unnest(
        cast(:call_ids as uuid[]), cast(:call_states as text[]), cast(:message_states as text[]),
        cast(:provider_refs as text[]), cast(:http_statuses as smallint[]), cast(:error_codes as text[]),
        cast(:segments as smallint[]), cast(:waits as float8[]), cast(:opted_out as boolean[])
    ) as answer (
        call_id, call_state, message_state, provider_ref, http_status, error_code, segments, wait, opted_out
    )
),
-- `recorded_at is null` is the same as `sending`, and keeps the planner off the index of all open calls.
-- Whoever moves a message in flight holds its call first, in the order of the ids: no two of them can wait for each other.
held as (
    select id
    from provider_call
    where id = any(cast(:call_ids as uuid[])) and owner = :owner and recorded_at is null
    order by id
    for update
),
closed as (
    update provider_call
    set
        state = answer.call_state, provider_ref = answer.provider_ref, http_status = answer.http_status,
        error_code = answer.error_code, recorded_at = now()
    from answer
    join held on held.id = answer.call_id
    where provider_call.id = held.id
    returning provider_call.id
),
moved as (
    update message
    set
        state = case
            when answer.message_state = 'ready' and message.expires_at <= now() then 'expired'
            else answer.message_state
        end,
        error_code = answer.error_code,
        segments = coalesce(answer.segments, message.segments),
        not_before = case
            when answer.message_state = 'ready'
                then now() + make_interval(
                    secs => coalesce(answer.wait, random() * least(300, power(2, message.attempt_no)))
                )
            else message.not_before
        end,
        state_at = now()
    from closed
    join answer on answer.call_id = closed.id
    join attempt on attempt.call_id = closed.id
    where message.id = attempt.message_id and message.attempt_no = attempt.attempt_no and message.state = 'sending'
    returning message.client_id, message.channel, message.address, answer.opted_out
),
suppressed as (
    insert into suppression (client_id, channel, address, reason, source)
    select distinct client_id, channel, address, 'opted_out', 'provider answer'
    from moved
    where opted_out
    on conflict (client_id, channel, address) do nothing
)
select
    (select count(*) from closed) as closed,
    (select state from data_packet where id = :packet_id) as packet_state
