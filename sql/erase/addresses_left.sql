-- How many rows of a table still have an erased address in a column: anything in it that looks like an e-mail address or a number in E.164
-- form is hashed and compared. An address that another packet of the client still has is not looked for, unless the row belongs to the very
-- packet. Nor is one that a usable row of the packet it was erased from still has, such as the e-mail address of a family. One row.
-- Parameter: packet_ids (null for all). {table} and {column} come from the catalogue; {packet} and {client}: whose row it is, or null;
-- {others}: the addresses of a usable row, in comparable form.
select count(distinct token)
from (
    select one.row_place, comparable_address(found.parts[1]) as token, one.of_packet, one.of_client
    from (
        select ctid as row_place, cast({column} as text) as value, {packet} as of_packet, {client} as of_client
        from {table}
        where cast({column} as text) ~ '@|[+][0-9]'
    ) as one
    cross join lateral regexp_matches(one.value, '([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+|[+][0-9]{7,15})', 'g') as found (parts)
) as seen
where exists (
    select from erased_address
    where
        erased_address.address_hash = address_hash(seen.token)
        and (cast(:packet_ids as uuid[]) is null or erased_address.packet_id = any(cast(:packet_ids as uuid[])))
        and (
            erased_address.packet_id = seen.of_packet
            or seen.of_packet is null
            and (seen.of_client is null or erased_address.client_id = seen.of_client)
            and not exists (
                select from message
                where
                    message.address_lookup = hashtext(seen.token)
                    and comparable_address(message.address) = seen.token
                    and (seen.of_client is null or message.client_id = seen.of_client)
            )
        )
        and not exists (
            select from clean_row as other
            join data_packet_row as file_row on file_row.packet_id = other.packet_id and file_row.row_no = other.row_no
            where other.packet_id = erased_address.packet_id and file_row.cells <> '{}' and seen.token in ({others})
        )
)
