-- Holds the rows that lack a needed value, and removes them from clean_row. Grain: a row.
-- {lacks} is a condition on clean_row for one field: clean_row.email is null.
-- Parameters: packet_id, client_id; column_name, code, params; place (the number of the column, where the condition looks at a cell).
with lacking as (
    delete from clean_row
    where clean_row.packet_id = :packet_id
        and {lacks}
    returning clean_row.row_no
)
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params)
select cast(:packet_id as uuid), row_no, cast(:client_id as uuid), 'clean', clean_pick.line_no, :column_name, :code, cast(:params as jsonb)
from lacking
join clean_pick using (row_no)
