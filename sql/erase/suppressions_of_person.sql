-- Turns a person's suppressions of a client into hashes. Grain: a suppression. Parameters: client_id, address.
update suppression
set address = null
where client_id = :client_id and address_hash = address_hash(comparable_address(:address)) and address is not null
