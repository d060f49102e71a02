-- The rows of a packet that may have an address in their cells alone: those that are held or not cleaned yet, and those of which cleaning
-- left a bad address out. Grain: a row. Parameter: packet_id.
-- {left_out}: an address is missing and noted as changed: clean_row.email is null and array_to_string(clean_row.changes, ' ') like '%email:%'
select file_row.row_no, file_row.cells
from data_packet_row as file_row
left join clean_row on clean_row.packet_id = file_row.packet_id and clean_row.row_no = file_row.row_no
where
    file_row.packet_id = :packet_id and file_row.cells <> '{}'
    and (clean_row.packet_id is null or {left_out})
