-- Records what a reading of the lists said about each call, and when its list is read next; releases the claim. Grain: one call.
-- Parameters: owner, and parallel arrays: call_ids, next_ats, empties, empty_ats, failures, reasons.
update call_check
set
    next_at = outcome.next_at, empty = outcome.empty, empty_at = outcome.empty_at, failures = outcome.failures,
    reason = outcome.reason, owner = null
from unnest(
    cast(:call_ids as uuid[]), cast(:next_ats as timestamptz[]), cast(:empties as smallint[]), cast(:empty_ats as timestamptz[]),
    cast(:failures as smallint[]), cast(:reasons as text[])
) as outcome (call_id, next_at, empty, empty_at, failures, reason)
where call_check.call_id = outcome.call_id and call_check.owner = :owner and call_check.decision is null
