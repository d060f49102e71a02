-- Closes locked calls whose lease ended without an answer. Grain: one call. Parameter: call_ids.
update provider_call
set state = 'unknown', error_code = 'lease_ended', recorded_at = now()
where id = any(cast(:call_ids as uuid[]))
