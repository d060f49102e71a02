-- A page of the held rows of a packet in the order of the file. Where a reason has no value, such as that of a duplicate, the cell of
-- its column is shown. Grain: a row and a reason.
-- Parameters: packet_id, code (or null for all), after_row and after_id (the last line of the previous page; 0 at the start), page (lines wanted).
select
    held_row.id, held_row.row_no, held_row.line_no, held_row.column_name, held_row.code, held_row.params,
    coalesce(
        held_row.value, nullif(data_packet_row.cells[array_position(data_packet.header, held_row.column_name)], '')
    ) as value
from held_row
join data_packet on data_packet.id = held_row.packet_id
left join data_packet_row
    on data_packet_row.packet_id = held_row.packet_id and data_packet_row.row_no = held_row.row_no
where held_row.packet_id = :packet_id
  and (cast(:code as text) is null or held_row.code = :code)
  and (held_row.row_no, held_row.id) > (:after_row, :after_id)
order by held_row.row_no, held_row.id
limit :page
