-- Adds matched events to the history of their messages. They were open and are locked, so none of them is in it yet. Grain: one event.
-- Parameters: parallel arrays: event_ids, client_ids, message_ids, packet_ids; moving (the events that moved a state);
-- and waiting (those that are not applied yet).
insert into message_event
    (inbox_id, client_id, message_id, packet_id, state, occurred_at, received_at, error_code, outcome)
select
    event_inbox.id, matched.client_id, matched.message_id, matched.packet_id, event_inbox.state, event_inbox.occurred_at,
    event_inbox.received_at, event_inbox.error_code,
    case
        when event_inbox.state is null or event_inbox.id in (select unnest(cast(:moving as bigint[]))) then 'applied' else 'outranked'
    end
from unnest(
    cast(:event_ids as bigint[]), cast(:client_ids as uuid[]), cast(:message_ids as uuid[]), cast(:packet_ids as uuid[])
) as matched (event_id, client_id, message_id, packet_id)
join event_inbox on event_inbox.id = matched.event_id
where matched.event_id <> all(cast(:waiting as bigint[]))
