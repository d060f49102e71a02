-- Of rows with the same address, contact time and name (whatever its capitals) the first stays, the others are held and name its
-- line. Grain: a double.
-- Parameters: packet_id, client_id; column_name (of the address), rule, sentence (with the mark {line}).
with doubled as (
    select
        coalesce(phone, email) collate "C" as address,
        contact_at,
        lower(concat_ws(' ', first_name, last_name, full_name)) as person,
        min(row_no) as first_row
    from clean_row
    where packet_id = :packet_id
    group by coalesce(phone, email) collate "C", contact_at, lower(concat_ws(' ', first_name, last_name, full_name))
    having count(*) > 1
),
repeated as (
    delete from clean_row
    using doubled
    where clean_row.packet_id = :packet_id
        and coalesce(clean_row.phone, clean_row.email) collate "C" = doubled.address
        and clean_row.contact_at is not distinct from doubled.contact_at
        and lower(concat_ws(' ', clean_row.first_name, clean_row.last_name, clean_row.full_name)) = doubled.person
        and clean_row.row_no > doubled.first_row
    returning clean_row.row_no, doubled.first_row
)
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, rule, sentence)
select
    cast(:packet_id as uuid),
    repeated.row_no,
    cast(:client_id as uuid),
    'clean',
    own.line_no,
    :column_name,
    :rule,
    replace(:sentence, '{line}', kept.line_no::text)
from repeated
join clean_pick as own on own.row_no = repeated.row_no
join clean_pick as kept on kept.row_no = repeated.first_row
