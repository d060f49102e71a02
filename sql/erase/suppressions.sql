-- Turns the suppressions of a packet's erased addresses into hashes, where the client has the address nowhere else. Grain: a suppression.
-- Parameters: client_id, packet_id. {addresses}: the columns with addresses.
update suppression
set address = null
where
    client_id = :client_id and address is not null
    and address_hash in (select address_hash from erased_address where packet_id = :packet_id)
    and not exists (
        select from message
        where
            message.client_id = :client_id and hashtext(comparable_address(message.address)) = hashtext(suppression.address)
            and comparable_address(message.address) = suppression.address
    )
    and not exists (
        select from clean_row
        where clean_row.client_id = :client_id and suppression.address in ({addresses})
    )
