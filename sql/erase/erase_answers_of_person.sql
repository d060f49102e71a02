-- Empties what a person answered a client. Grain: an answer. Parameters: client_id, address.
update reply
set from_address = '', subject = null, body = '', thread = '{}', raw = '{}'
where client_id = :client_id and comparable_address(from_address) = comparable_address(:address)
