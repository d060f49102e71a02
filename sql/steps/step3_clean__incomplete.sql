-- Take the rows that lack something needed out of clean_row and hold them. Grain: a row.
-- {lacks} is filled with the condition of one field, over clean_row and source (the row as it stood in the file).
-- Parameters: packet_id, client_id; column_name, rule, sentence; place (the number of the column, where the condition looks at a cell).
with lacking as (
    delete from clean_row
    using data_packet_row as source
    where clean_row.packet_id = :packet_id
        and source.packet_id = clean_row.packet_id
        and source.row_no = clean_row.row_no
        and {lacks}
    returning source.row_no, source.line_no
)
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, rule, sentence)
select cast(:packet_id as uuid), row_no, cast(:client_id as uuid), 'clean', line_no, :column_name, :rule, :sentence
from lacking
