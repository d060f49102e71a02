-- Closes locked calls as accepted, because a person knows it; a report may bring the provider's reference later
-- (sql/events/prove_calls). Grain: one call. Parameter: call_ids.
update provider_call
set state = 'accepted', error_code = null
where id = any(cast(:call_ids as uuid[]))
