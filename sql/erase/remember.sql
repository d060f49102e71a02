-- Remembers the keyed hashes of the addresses of a packet's rows, before they are erased, so that a later report about their messages is
-- believed; also of an address that another row has as well. Grain: an address. Parameters: client_id,
-- packet_id, from_row, to_row, row_nos (null for all of them), address (of the person, which may stand in cells alone; or null).
-- {addresses}: the columns with addresses.
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
where address <> ''
on conflict do nothing
