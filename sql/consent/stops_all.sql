-- Whether an address may not be contacted on any channel, whatever is said about one. Parameters: client_id, address.
select exists (
    select from suppression
    where client_id = :client_id and channel = '*' and address_hash = address_hash(comparable_address(:address))
)
