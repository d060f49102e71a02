-- Records the outcomes of provider calls that are locked (docs/how-nothing-is-doubled.md#the-life-of-a-message). Only the owner of a call that
-- is not recorded yet may do so: the late answer of a lane that was given up changes nothing. If a callback came first and proved the call,
-- its state stands, and the answer adds only what was missing.
-- Grain of the result: one call that is recorded now. Parameters: owner, and parallel arrays: call_ids, call_states, provider_refs, http_statuses, error_codes.
update provider_call
set
    state = case when provider_call.state = 'sending' then answer.call_state else provider_call.state end,
    provider_ref = coalesce(answer.provider_ref, provider_call.provider_ref),
    http_status = answer.http_status,
    error_code = case when provider_call.state = 'sending' then answer.error_code else provider_call.error_code end,
    recorded_at = now()
from unnest(
    cast(:call_ids as uuid[]), cast(:call_states as text[]), cast(:provider_refs as text[]),
    cast(:http_statuses as smallint[]), cast(:error_codes as text[])
) as answer (call_id, call_state, provider_ref, http_status, error_code)
where provider_call.id = answer.call_id and provider_call.owner = :owner and provider_call.recorded_at is null
returning provider_call.id
