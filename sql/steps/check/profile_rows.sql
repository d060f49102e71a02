-- How many of some rows of a packet are usable. One value. Parameters: packet_id; row_numbers (a list: the rows to look at).
select count(*) from clean_row where packet_id = :packet_id and row_no = any(cast(:row_numbers as int[]))
