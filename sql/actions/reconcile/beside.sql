-- The other calls in doubt that may be behind the same entries of a list: one message each, unknown or in flight, to the same addresses.
-- A provider's list cannot tell identical messages apart, so they must be counted together, whoever their client is.
-- Grain: one call. Parameters: provider, addresses, call_ids (those already known).
select
    call.id as call_id, call.state, sender.address as sender, call.claimed_at, call.begun_at, call.lease_until, attempt.id as attempt_id,
    message.address, message.body
from provider_call as call
join attempt on attempt.call_id = call.id
join message on message.id = attempt.message_id
left join sender on sender.id = call.sender_id
where
    (call.state = 'unknown' or call.state = 'sending' and call.begun_at is not null)
    and call.provider = :provider and call.messages = 1
    and message.address = any(cast(:addresses as text[]))
    and call.id <> all(cast(:call_ids as uuid[]))
order by call.claimed_at, call.id
