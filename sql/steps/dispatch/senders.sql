-- The active senders of a client on a channel, in the order in which lanes use them, with what holds each back: the breaker of its provider's
-- account or its own, whichever lasts longer. Grain: a sender. Parameters: client_id, channel.
-- `reason` is null when nothing holds it back; otherwise `free_in` is in how many seconds one call may be tried, and `tried` whether a lane is
-- trying one now. `setbacks`: pauses in a row.
select
    sender.id, sender.channel, sender.provider, sender.address, held.reason, held.params, held.free_in, held.tried,
    coalesce(held.setbacks, closed.setbacks, 0) as setbacks
from sender
left join lateral (
    select
        reason, params, setbacks, extract(epoch from retry_at - now())::float8 as free_in,
        state = 'half_open' as tried
    from breaker
    where
        provider = sender.provider and channel = sender.channel and (sender_id is null or sender_id = sender.id)
        and state <> 'closed'
    order by retry_at desc
    limit 1
) as held on true
left join lateral (
    select max(setbacks) as setbacks
    from breaker
    where
        provider = sender.provider and channel = sender.channel and (sender_id is null or sender_id = sender.id)
        and state = 'closed'
) as closed on true
where sender.client_id = :client_id and sender.channel = :channel and sender.state = 'active'
order by sender.priority, sender.id
