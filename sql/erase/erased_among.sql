-- How many of these addresses were erased from a packet, without those that a usable row of it still has, such as the e-mail address of a
-- family. One row. Parameters: packet_id, addresses (in comparable form). {others}: the addresses of such a row, in comparable form.
select count(*)
from unnest(cast(:addresses as text[])) as seen (address)
where exists (
    select from erased_address
    where
        erased_address.packet_id = :packet_id and erased_address.address_hash = address_hash(seen.address)
        and not exists (
            select from clean_row as other
            join data_packet_row as file_row on file_row.packet_id = other.packet_id and file_row.row_no = other.row_no
            where other.packet_id = erased_address.packet_id and file_row.cells <> '{}' and seen.address in ({others})
        )
)
