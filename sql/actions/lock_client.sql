-- Takes a client, so that two changes of what it has do not cross. Parameter: client_id.
select id from client where id = :client_id for no key update
