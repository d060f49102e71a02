-- Takes a person out of a client's consent records, which stay and still match their proofs. Grain: a record. Parameters: client_id, address.
update consent_record
set person = null, address = null, ip = null
where client_id = :client_id and address_hash = address_hash(comparable_address(:address)) and address is not null
