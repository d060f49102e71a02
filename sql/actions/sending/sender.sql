-- The sender of a client with this address, of any channel. One row per sender. Parameters: client_id, address.
select cast(id as text) as id from sender where client_id = :client_id and address = :address order by id
