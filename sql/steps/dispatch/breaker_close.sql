-- Closes the breakers that a lane holds, because its call got a clear answer; and records the pauses in a row that its next ones continue.
-- Grain: one row per breaker. Parameters: provider, channel, sender_id, owner, setbacks.
update breaker
set state = 'closed', setbacks = :setbacks, holder = null
where
    provider = :provider and channel = :channel and (sender_id is null or sender_id = :sender_id)
    and (holder = :owner or state = 'closed')
returning id
