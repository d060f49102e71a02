-- How many of these addresses were erased from a packet. One row. Parameters: packet_id, addresses (in comparable form).
select count(*)
from unnest(cast(:addresses as text[])) as seen (address)
where exists (
    select from erased_address
    where erased_address.packet_id = :packet_id and erased_address.address_hash = address_hash(seen.address)
)
