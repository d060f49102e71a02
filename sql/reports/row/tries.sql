-- The attempts to send some messages, each with its provider call. Grain: an attempt. Parameter: message_ids.
select
    attempt.message_id, attempt.attempt_no, provider_call.provider, provider_call.state, provider_call.messages,
    provider_call.provider_ref, provider_call.http_status, provider_call.error_code, provider_call.claimed_at,
    provider_call.recorded_at
from attempt
join provider_call on provider_call.id = attempt.call_id
where attempt.message_id = any(cast(:message_ids as uuid[]))
order by attempt.message_id, attempt.attempt_no
