-- How many rows the file had and how many are usable. One row. Parameter: packet_id.
select
    (select count(*) from data_packet_row where packet_id = :packet_id) as rows,
    (select count(*) from clean_row where packet_id = :packet_id) as usable
