-- Pauses the sender that a client uses first on a channel; its fall-backs stay. Grain: a sender. Parameters: client_id, channel.
update sender
set state = 'paused'
where client_id = :client_id and channel = :channel and state = 'active' and priority = 1
