-- Takes countries from those to which a client may send. Grain: a country. Parameters: client_id, countries.
delete from client_country where client_id = :client_id and country = any(cast(:countries as text[]))
