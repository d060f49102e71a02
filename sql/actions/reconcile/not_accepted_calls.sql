-- Closes locked calls as not accepted. Grain: one call. Parameters: call_ids, code (how we know: not_found | not_received).
update provider_call
set state = 'retry', error_code = :code
where id = any(cast(:call_ids as uuid[]))
