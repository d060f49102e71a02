-- The number of a packet's last row; 0 if it has none. One row. Parameter: packet_id.
select coalesce(max(row_no), 0) from data_packet_row where packet_id = :packet_id
