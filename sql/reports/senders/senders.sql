-- The senders that this transaction may see, the active ones first, in the order of their use. Grain: a sender.
select client.slug as client, sender.channel, sender.provider, sender.address, sender.state, sender.priority
from sender
join client on client.id = sender.client_id
order by client.slug, sender.channel, sender.state, sender.priority, sender.created_at desc
