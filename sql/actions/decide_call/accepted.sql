-- Closes locked calls as accepted, because a person knows it; the provider's reference stays unknown. Grain: one call. Parameter: call_ids.
update provider_call
set state = 'accepted', error_code = null
where id = any(cast(:call_ids as uuid[]))
