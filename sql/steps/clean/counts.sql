-- How many rows are usable and how many are held after cleaning. One row. Parameter: packet_id.
select
    (select count(*) from clean_row where packet_id = :packet_id) as usable,
    (select count(distinct row_no) from held_row where packet_id = :packet_id and step = 'clean') as held
