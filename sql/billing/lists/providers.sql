-- The providers that may list messages of a day: those of active senders, and those that had a call. Grain: a provider. Parameters: since, until.
select provider from sender where state = 'active'
union
select provider from provider_call where id >= uuidv7_floor(:since) and id < uuidv7_floor(:until)
order by provider
