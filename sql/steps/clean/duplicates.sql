-- Of the rows with the same address, contact time and name (ignoring case), the first stays; the others are held, with its line number.
-- Grain: a duplicate. Few addresses occur twice, and finding those by their hashes is cheap, so it comes first.
-- {addresses} lists the addresses in order: phone, email. {names} lists what tells two people apart: first_name, last_name, full_name.
-- {column} is the column of the file with the address that is compared: case when phone is not null then cast(:phone_column as text) end
-- Parameters: packet_id, client_id; <address>_column of each address, or null if the file has none.
with shared as (
    select hashtextextended(comparable_address(coalesce({addresses})), 0) as address_hash
    from clean_row
    where packet_id = :packet_id
    group by hashtextextended(comparable_address(coalesce({addresses})), 0)
    having count(*) > 1
),
suspect as (
    select
        row_no,
        comparable_address(coalesce({addresses})) collate "C" as address,
        contact_at,
        lower(concat_ws(' ', {names})) as person,
        {column} as column_name
    from clean_row
    where packet_id = :packet_id
        and hashtextextended(comparable_address(coalesce({addresses})), 0) in (select address_hash from shared)
),
numbered as (
    select row_no, column_name, min(row_no) over (partition by address, contact_at, person) as first_row
    from suspect
),
repeated as (
    delete from clean_row
    using numbered
    where clean_row.packet_id = :packet_id
        and clean_row.row_no = numbered.row_no
        and numbered.row_no > numbered.first_row
    returning clean_row.row_no, numbered.column_name, numbered.first_row
)
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params)
select
    cast(:packet_id as uuid),
    repeated.row_no,
    cast(:client_id as uuid),
    'clean',
    own.line_no,
    repeated.column_name,
    'duplicate',
    jsonb_build_object('line', kept.line_no)
from repeated
join clean_pick as own on own.row_no = repeated.row_no
join clean_pick as kept on kept.row_no = repeated.first_row
