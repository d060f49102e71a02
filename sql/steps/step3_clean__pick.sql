-- Pick the mapped cells of the usable rows and clean at once what the common shape allows. Grain: a row. *_cell is a cell as it was;
-- beside it stands the clean value, or null where only Python can tell. (Made, not inserted into, and with nothing for which a fast
-- path would have to run twice: so PostgreSQL can share the work out to more than one process.)
-- Each name in braces is filled with the fast path of its rule in pipelines/cleaning, over the cell of that field.
-- Parameters: packet_id; for each field the number of its column (null: not in this file); those of the fast paths.
create temp table clean_pick on commit drop as
select
    row_no,
    line_no,
    nullif(cells[cast(:external_id as int)], '') as external_id_cell,
    {external_id} as external_id,
    nullif(cells[cast(:first_name as int)], '') as first_name_cell,
    {first_name} as first_name,
    nullif(cells[cast(:last_name as int)], '') as last_name_cell,
    {last_name} as last_name,
    nullif(cells[cast(:full_name as int)], '') as full_name_cell,
    {full_name} as full_name,
    nullif(cells[cast(:phone as int)], '') as phone_cell,
    {phone} as phone,
    nullif(cells[cast(:email as int)], '') as email_cell,
    {email} as email,
    nullif(cells[cast(:language as int)], '') as language_cell,
    coalesce(nullif(cells[cast(:contact_at as int)], ''), nullif(cells[cast(:contact_date as int)], '')) as date_raw,
    case when coalesce(cells[cast(:contact_at as int)], '') = '' then coalesce(cells[cast(:contact_time as int)], '') else '' end as time_raw
from data_packet_row
where packet_id = :packet_id
    and row_no not in (select row_no from held_row where packet_id = :packet_id)
