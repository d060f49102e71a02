-- Records what came of provider calls that are locked (reference: dispatch protocol, 3.2 step 5). Only the owner of a call that is still
-- open may: the late answer of a lane that was given up changes nothing.
-- Grain: one call. Parameters: owner, and arrays side by side: call_ids, call_states, provider_refs, http_statuses, error_codes.
update provider_call
set
    state = answer.call_state, provider_ref = answer.provider_ref, http_status = answer.http_status,
    error_code = answer.error_code, recorded_at = now()
from unnest(
    cast(:call_ids as uuid[]), cast(:call_states as text[]), cast(:provider_refs as text[]),
    cast(:http_statuses as smallint[]), cast(:error_codes as text[])
) as answer (call_id, call_state, provider_ref, http_status, error_code)
where provider_call.id = answer.call_id and provider_call.owner = :owner and provider_call.recorded_at is null
