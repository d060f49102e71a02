-- Why a row is held. Grain: a reason. Parameters: packet_id, row_no.
select id, row_no, line_no, column_name, code, params, value
from held_row
where packet_id = :packet_id and row_no = :row_no
order by id
