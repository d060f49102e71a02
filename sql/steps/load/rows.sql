-- Inserts one batch of rows into data_packet_row, cells verbatim. Grain: a row of the file.
-- Parameters: packet_id, client_id; rows (the batch as one text), row_end (between rows), cell_end (between the cells of a row);
-- before (rows loaded so far), line_before (physical line before the first row) or line_nos if the lines are not consecutive.
insert into data_packet_row (packet_id, row_no, client_id, line_no, cells)
select
    cast(:packet_id as uuid),
    cast(:before as int) + place,
    cast(:client_id as uuid),
    coalesce((cast(:line_nos as int[]))[place], cast(:line_before as int) + place),
    string_to_array(line, :cell_end)
from string_to_table(cast(:rows as text), :row_end) with ordinality as batch (line, place)
