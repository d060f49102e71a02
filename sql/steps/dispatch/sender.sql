-- The active sender of a client on a channel. Grain: at most one row. Parameters: client_id, channel.
select id, channel, provider, address
from sender
where client_id = :client_id and channel = :channel and state = 'active'
