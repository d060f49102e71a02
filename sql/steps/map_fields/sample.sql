-- The first usable rows of a packet, to see the values of each column. Parameters: packet_id, rows.
select cells
from data_packet_row
where packet_id = :packet_id
    and row_no not in (select row_no from held_row where packet_id = :packet_id)
order by row_no
limit :rows
