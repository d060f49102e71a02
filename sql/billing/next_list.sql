-- Adds the next version of a price list, of a client or of the platform (client_id null). Returns its id and version.
-- Parameters: client_id, currency, imported_by.
insert into price_list (client_id, version, currency, imported_by)
select cast(:client_id as uuid), coalesce(max(version), 0) + 1, :currency, :imported_by
from price_list
where client_id is not distinct from cast(:client_id as uuid)
returning id, version
