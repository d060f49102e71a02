-- Keeps that attempts which were closed as not accepted had been accepted after all. If another call for their messages was begun since, or
-- is about to be, people may have got them twice; one that was given back sent nothing. Calls and messages are locked. Grain: one attempt.
-- Parameters: call_ids, event_ids (two parallel arrays).
insert into late_proof (attempt_id, client_id, packet_id, message_id, inbox_id, resent)
select
    attempt.id, attempt.client_id, message.packet_id, message.id, proven.event_id,
    exists (
        select from attempt as later
        join provider_call on provider_call.id = later.call_id
        where
            later.message_id = message.id and later.attempt_no > attempt.attempt_no
            and (provider_call.begun_at is not null or provider_call.state = 'sending')
    )
from unnest(cast(:call_ids as uuid[]), cast(:event_ids as bigint[])) as proven (call_id, event_id)
join attempt on attempt.call_id = proven.call_id
join message on message.id = attempt.message_id
on conflict (attempt_id) do nothing
