-- Forgets the checks of calls whose outcome has become known without a person. Grain: one call.
delete from call_check
where decision is null and not exists (select from provider_call where id = call_id and state = 'unknown')
