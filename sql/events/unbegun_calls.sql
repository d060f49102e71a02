-- Closes locked calls that were never begun. Grain: one call. Parameter: call_ids.
update provider_call
set state = 'retry', error_code = 'not_begun', recorded_at = now()
where id = any(cast(:call_ids as uuid[]))
