-- Ends the waits for a limit after it, or the sender, has changed: the next lane finds out what it may send. Grain: a channel of a packet.
-- Parameters: client_id (null: of all clients), channel (null: all).
delete from channel_wait
where code in ('limit_reached', 'over_limit') and (cast(:client_id as uuid) is null or client_id = cast(:client_id as uuid))
    and (cast(:channel as text) is null or channel = cast(:channel as text))
