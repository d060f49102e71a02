-- Turns suppressions of erased addresses into hashes where their client has the address nowhere else, also those that were added after the
-- erasure, such as by an answer. Grain: a suppression. {addresses}: the columns with addresses.
update suppression
set address = null
where
    address is not null
    and exists (
        select from erased_address
        where erased_address.client_id = suppression.client_id and erased_address.address_hash = suppression.address_hash
    )
    and not exists (
        select from message
        where
            message.client_id = suppression.client_id and message.address_lookup = hashtext(suppression.address)
            and comparable_address(message.address) = suppression.address
    )
    and not exists (
        select from clean_row
        where clean_row.client_id = suppression.client_id and suppression.address in ({addresses})
    )
