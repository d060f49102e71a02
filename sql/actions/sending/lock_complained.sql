-- Locks the clients about which people have complained lately, and those with a channel that is stopped for it, so that nobody resumes a channel
-- or adds a sender while we decide. Grain: a client. Parameters: channel, days.
select client.id
from client
where
    exists (
        select from suppression_change
        where
            client_id = client.id and channel = :channel and reason = 'complained'
            and changed_at > now() - make_interval(days => :days)
    )
    or exists (
        select from sender
        join breaker on breaker.sender_id = sender.id
        where
            sender.client_id = client.id and sender.channel = :channel
            and breaker.reason = 'complaints' and breaker.state <> 'closed'
    )
order by client.id
for no key update of client
