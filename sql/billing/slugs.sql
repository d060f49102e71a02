-- The short names of clients. Parameter: client_ids.
select id, slug from client where id = any(cast(:client_ids as uuid[]))
