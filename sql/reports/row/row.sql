-- One row of a packet: its original cells, the cleaned values, and which column was mapped to which field.
-- {moments}: the moments that have no text of their own, in local time: 'booked_at', to_char(…)
-- One row, or none. Parameters: packet_id, row_no.
select
    data_packet_row.row_no, data_packet_row.line_no, data_packet_row.cells,
    to_jsonb(clean_row) || jsonb_build_object({moments}) as clean, coalesce(load_map.mapping, '{}') as mapping
from data_packet_row
join data_packet on data_packet.id = data_packet_row.packet_id
left join load_map on load_map.id = data_packet.load_map_id
left join clean_row on clean_row.packet_id = data_packet_row.packet_id and clean_row.row_no = data_packet_row.row_no
where data_packet_row.packet_id = :packet_id and data_packet_row.row_no = :row_no
