-- Ends the waits for a limit that has changed: the next lane finds out what it may send. Grain: a channel of a packet.
-- Parameter: client_id (null: of all clients).
delete from channel_wait
where code = 'limit_reached' and (cast(:client_id as uuid) is null or client_id = cast(:client_id as uuid))
