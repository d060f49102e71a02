-- Pauses the active sender of a client and channel. Grain: a sender. Parameters: client_id, channel.
update sender
set state = 'paused'
where client_id = :client_id and channel = :channel and state = 'active'
