-- Turns suppressions of the platform into hashes where no client has the address any more. Grain: a suppression.
update platform_suppression
set address = null
where
    address is not null
    and address_hash in (select address_hash from erased_address)
    and not exists (
        select from message
        where
            message.address_lookup = hashtext(platform_suppression.address)
            and comparable_address(message.address) = platform_suppression.address
    )
