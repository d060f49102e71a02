-- Locks a client, so that concurrent changes to its rows do not interfere. Parameter: client_id.
select id from client where id = :client_id for no key update
