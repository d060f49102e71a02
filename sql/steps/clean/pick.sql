-- Pick the mapped cells of the usable rows and clean at once what the common shape allows. Grain: a row. Of each field stands here the
-- clean value, or as *_open the cell that only Python can tell; *_changed says that the clean value is not the cell as it was.
-- (Made, not inserted into, and with nothing for which a fast path would have to run twice: so PostgreSQL can share the work out to more
-- than one process. The offset is typed, or the planner would not see that it is none.)
-- Each name in braces is filled with the fast path of its rule in pipelines/cleaning, over the cell of that field.
-- Parameters: packet_id; for each field the number of its column (null: not in this file); those of the fast paths.
create temp table clean_pick on commit drop as
select
    row_no,
    line_no,
    external_id,
    case when external_id is null then external_id_cell end as external_id_open,
    first_name,
    case when first_name is null then first_name_cell end as first_name_open,
    last_name,
    case when last_name is null then last_name_cell end as last_name_open,
    full_name,
    case when full_name is null then full_name_cell end as full_name_open,
    phone,
    case when phone is null then phone_cell end as phone_open,
    phone <> phone_cell as phone_changed,
    email,
    case when email is null then email_cell end as email_open,
    email <> email_cell as email_changed,
    language_cell,
    coalesce(moment_cell, date_cell) as date_raw,
    case when moment_cell is null then coalesce(time_cell, '') else '' end as time_raw
from (
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
        nullif(cells[cast(:contact_at as int)], '') as moment_cell,
        nullif(cells[cast(:contact_date as int)], '') as date_cell,
        cells[cast(:contact_time as int)] as time_cell
    from data_packet_row
    where packet_id = :packet_id
        and row_no not in (select row_no from held_row where packet_id = :packet_id)
    offset bigint '0'
) as tried
