-- How many values of a column are left in erased packets. One row. Parameter: packet_ids (null for all).
-- {table} and {column} come from the catalogue.
select count(*)
from {table} as one
join data_packet on data_packet.id = one.packet_id
where
    data_packet.erased_at is not null
    and (cast(:packet_ids as uuid[]) is null or data_packet.id = any(cast(:packet_ids as uuid[])))
    and one.{column} is not null and cast(one.{column} as text) not in ('', '[]', 'null', '{}')
