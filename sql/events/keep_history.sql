-- Adds matched events to the history of their messages and closes them in the inbox.
-- Grain: one row per event. Parameters: event_ids and attempt_ids (two parallel arrays), moving_ids (the events that moved a state).
with matched as (
    select
        event_inbox.id, attempt.client_id, attempt.message_id, provider_call.packet_id, event_inbox.state,
        event_inbox.occurred_at, event_inbox.received_at, event_inbox.error_code
    from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
    join event_inbox on event_inbox.id = matched.event_id
    join attempt on attempt.id = matched.attempt_id
    join provider_call on provider_call.id = attempt.call_id
),
kept as (
    insert into message_event
        (inbox_id, client_id, message_id, packet_id, state, occurred_at, received_at, error_code)
    select id, client_id, message_id, packet_id, state, occurred_at, received_at, error_code
    from matched
    on conflict (inbox_id) do nothing
)
update event_inbox
set
    applied_at = now(),
    outcome = case
        when event_inbox.state is null or event_inbox.id = any(cast(:moving_ids as bigint[])) then 'applied'
        else 'outranked'
    end
from matched
where event_inbox.id = matched.id
returning event_inbox.outcome
