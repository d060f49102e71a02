-- What providers later reported about some messages, in order of arrival; `outcome` says whether a report changed the state.
-- Grain: an event. Parameter: message_ids.
select
    message_event.message_id, message_event.state, message_event.occurred_at, message_event.received_at,
    message_event.error_code, message_event.outcome
from message_event
where message_event.message_id = any(cast(:message_ids as uuid[]))
order by message_event.message_id, message_event.inbox_id
