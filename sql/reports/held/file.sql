-- The held rows of a packet as they were in the file, with all their reasons: an array of texts, each a JSON array of column (or null),
-- code and params. They are text so that equal reasons can be put into words once and cached. Grain: a row. Parameter: packet_id.
select data_packet_row.line_no, data_packet_row.cells, why.reasons
from (
    select row_no, array_agg(distinct jsonb_build_array(column_name, code, params)::text) as reasons
    from held_row
    where packet_id = :packet_id
    group by row_no
) as why
join data_packet_row on data_packet_row.packet_id = :packet_id and data_packet_row.row_no = why.row_no
order by data_packet_row.row_no
