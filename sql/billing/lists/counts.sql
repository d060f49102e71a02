-- How many messages a provider lists for a day, and how many it accepted by our own record or a
-- person's decision. One row. Parameters: providers, since, until.
select
    (
        select count(*)
        from (select distinct provider_ref, attempt_id from listed_message where at < :until) as listed
    ) as listed,
    (
        select coalesce(sum(messages), 0)
        from provider_call
        where
            id >= uuidv7_floor(:since) and id < uuidv7_floor(:until)
            and provider = any(cast(:providers as text[])) and state = 'accepted'
            and (
                provider_ref is not null
                or exists (select from call_check where call_check.call_id = provider_call.id and call_check.decision = 'received')
            )
    ) as accepted
