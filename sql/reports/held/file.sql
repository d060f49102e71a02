-- The held rows as they stood in the file, each once, with all its reasons: an array of texts, each the JSON array of a column (or null), a
-- code and its params. As text, because whoever puts them into words does so once for each different one. Parameter: packet_id.
select data_packet_row.line_no, data_packet_row.cells, why.reasons
from (
    select row_no, array_agg(distinct jsonb_build_array(column_name, code, params)::text) as reasons
    from held_row
    where packet_id = :packet_id
    group by row_no
) as why
join data_packet_row on data_packet_row.packet_id = :packet_id and data_packet_row.row_no = why.row_no
order by data_packet_row.row_no
