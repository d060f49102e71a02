-- Calls that are locked and of which a restored database cannot know what became. Grain: one call. Parameter: call_ids.
update provider_call
set state = 'unknown', error_code = 'restored', begun_at = coalesce(begun_at, claimed_at), recorded_at = now()
where id = any(cast(:call_ids as uuid[]))
