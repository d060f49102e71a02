-- Remembers the keyed hashes of the addresses of a packet's rows, before they are erased; of a person, not those that another usable row of
-- the packet has as well, such as the e-mail address of a family: there they stay. Grain: an address. Parameters: client_id,
-- packet_id, from_row, to_row, row_nos (null for all of them), address (of the person, which may stand in cells alone; or null).
-- {addresses}: the columns with addresses; {others}: those of another row, in comparable form.
insert into erased_address (packet_id, address_hash, client_id)
select distinct cast(:packet_id as uuid), address_hash(comparable_address(address)), cast(:client_id as uuid)
from (
    select unnest(array[{addresses}]) as address
    from clean_row
    where packet_id = :packet_id and row_no between :from_row and :to_row and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])))
    union
    select address
    from message
    where packet_id = :packet_id and row_no between :from_row and :to_row and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])))
    union
    select cast(:address as text)
) as known
where
    address <> ''
    and (
        cast(:row_nos as int[]) is null
        or not exists (
            select from clean_row as other
            where
                other.packet_id = :packet_id and other.row_no <> all(cast(:row_nos as int[]))
                and comparable_address(known.address) in ({others})
        )
    )
on conflict do nothing
