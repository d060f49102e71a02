-- Empties the answers that belong to no packet and came from an address that was erased: no message and no erasure of a packet leads to
-- them. One whose address a message still has stays (of the same client, or of anybody if the answer is nobody's). One that is set aside is
-- closed, once what it wants has taken effect: read again, it would be anybody's. Grain: an answer.
update reply
set
    from_address = '', subject = null, body = '', thread = '{}', raw = '{}', kind = coalesce(kind, 'other'),
    outcome = coalesce(outcome, 'unmatched')
where
    packet_id is null and (outcome is not null or suppressed) and from_address <> ''
    and exists (
        select from erased_address
        where
            erased_address.address_hash = address_hash(comparable_address(reply.from_address))
            and (reply.client_id is null or erased_address.client_id = reply.client_id)
    )
    and not exists (
        select from message
        where
            message.address_lookup = hashtext(comparable_address(reply.from_address))
            and comparable_address(message.address) = comparable_address(reply.from_address)
            and (reply.client_id is null or message.client_id = reply.client_id)
    )
