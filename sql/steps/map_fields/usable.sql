-- How many rows of a packet are not held so far. Parameter: packet_id.
select
    (select count(*) from data_packet_row where packet_id = :packet_id)
    - (select count(distinct row_no) from held_row where packet_id = :packet_id)
