-- How many rows of a packet are held, and may come again when they are corrected. One row. Parameter: packet_id.
select count(distinct row_no) as held from held_row where packet_id = :packet_id
