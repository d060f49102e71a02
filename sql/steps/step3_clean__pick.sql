-- Pick the mapped cells of the usable rows and clean at once what the common shape allows. Grain: a row. A field stands either clean
-- in its column or, where only Python can tell, as it was in *_raw. (Made, not inserted into: only so may PostgreSQL share the work out.)
-- Each name in braces is filled with the fast path of its rule in pipelines/cleaning, over the cell of that field.
-- Parameters: packet_id; for each field the number of its column (null: not in this file); those of the fast paths.
create temp table clean_pick on commit drop as
select
    row_no,
    line_no,
    external_id, case when external_id is null then external_id_cell end as external_id_raw,
    first_name, case when first_name is null then first_name_cell end as first_name_raw,
    last_name, case when last_name is null then last_name_cell end as last_name_raw,
    full_name, case when full_name is null then full_name_cell end as full_name_raw,
    phone, case when phone is null then phone_cell end as phone_raw,
    email, case when email is null then email_cell end as email_raw,
    language_cell as language_raw,
    coalesce(contact_at_cell, contact_date_cell) as date_raw,
    case when contact_at_cell is null and contact_date_cell is not null then coalesce(contact_time_cell, '') else '' end as time_raw,
    case
        when phone <> phone_cell and email <> email_cell then array['phone:e164', 'email:email']
        when phone <> phone_cell then array['phone:e164']
        when email <> email_cell then array['email:email']
    end as changes
from (
    select
        *,
        {external_id} as external_id,
        {first_name} as first_name,
        {last_name} as last_name,
        {full_name} as full_name,
        {phone} as phone,
        {email} as email
    from (
        select
            row_no,
            line_no,
            nullif(cells[cast(:external_id as int)], '') as external_id_cell,
            nullif(cells[cast(:first_name as int)], '') as first_name_cell,
            nullif(cells[cast(:last_name as int)], '') as last_name_cell,
            nullif(cells[cast(:full_name as int)], '') as full_name_cell,
            nullif(cells[cast(:phone as int)], '') as phone_cell,
            nullif(cells[cast(:email as int)], '') as email_cell,
            nullif(cells[cast(:language as int)], '') as language_cell,
            nullif(cells[cast(:contact_at as int)], '') as contact_at_cell,
            nullif(cells[cast(:contact_date as int)], '') as contact_date_cell,
            nullif(cells[cast(:contact_time as int)], '') as contact_time_cell
        from data_packet_row
        where packet_id = :packet_id
            and row_no not in (select row_no from held_row where packet_id = :packet_id)
        offset 0  -- each cell is taken out of its array once
    ) as cell
    offset 0  -- and each fast path runs once
) as picked
