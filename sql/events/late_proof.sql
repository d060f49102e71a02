-- Keeps that attempts which were closed as not accepted had been accepted after all: if their messages were claimed again in the meantime, people
-- may have got them twice. Calls and messages are locked. Grain: one attempt. Parameters: call_ids, event_ids (two parallel arrays).
insert into late_proof (attempt_id, client_id, packet_id, message_id, inbox_id, resent)
select attempt.id, attempt.client_id, message.packet_id, message.id, proven.event_id, message.attempt_no > attempt.attempt_no
from unnest(cast(:call_ids as uuid[]), cast(:event_ids as bigint[])) as proven (call_id, event_id)
join attempt on attempt.call_id = proven.call_id
join message on message.id = attempt.message_id
on conflict (attempt_id) do nothing
