-- Picks the mapped cells of the usable rows and cleans those with a common shape. Grain: a row. Each field has its clean value, or in
-- *_open the cell that only Python can clean; *_changed tells whether the clean value differs from the cell.
-- (CREATE TABLE … AS, unlike INSERT, can use parallel workers. The subquery makes each fast path run once; its OFFSET is typed, or the
-- planner would not know that it is zero.)
-- {cells}, for each field of the file, its cell, and the fast path of its rule in pipelines/cleaning over that cell:
--     nullif(cells[4], '') as email_cell, case when nullif(cells[4], '') ~ … then … end as email
-- {values}, the values, open cells and changes:
--     email, case when email is null then email_cell end as email_open, email <> email_cell as email_changed
-- {moment}, {date} and {time} are the cells of the moment: cells[6], or null if the file has none.
-- Parameters: packet_id, and those of the fast paths.
create temp table clean_pick on commit drop as
select
    row_no,
    line_no,
    {values},
    coalesce(moment_cell, date_cell) as date_raw,
    case when moment_cell is null then coalesce(time_cell, '') else '' end as time_raw
from (
    select
        row_no,
        line_no,
        {cells},
        nullif({moment}, '') as moment_cell,
        nullif({date}, '') as date_cell,
        {time} as time_cell
    from data_packet_row
    where packet_id = :packet_id
        and row_no not in (select row_no from held_row where packet_id = :packet_id)
    offset bigint '0'
) as tried
