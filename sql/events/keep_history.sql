-- Adds matched events to the history of their messages and closes them in the inbox.
-- Grain: one row per event. Parameters: parallel arrays: event_ids, client_ids, message_ids, packet_ids, moving (whether it moved a state).
with matched as (
    select
        event_inbox.id, matched.client_id, matched.message_id, matched.packet_id, matched.moving, event_inbox.state,
        event_inbox.occurred_at, event_inbox.received_at, event_inbox.error_code
    from unnest(
        cast(:event_ids as bigint[]), cast(:client_ids as uuid[]), cast(:message_ids as uuid[]), cast(:packet_ids as uuid[]),
        cast(:moving as boolean[])
    ) as matched (event_id, client_id, message_id, packet_id, moving)
    join event_inbox on event_inbox.id = matched.event_id
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
    outcome = case when matched.state is null or matched.moving then 'applied' else 'outranked' end
from matched
where event_inbox.id = matched.id
returning event_inbox.outcome
