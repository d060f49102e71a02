-- Holds the rows of a batch that cannot be used. Grain: a held row.
-- Parameters: packet_id, client_id; problems (JSON array of row_no, line_no, column_name, code, params, value).
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params, value)
select
    cast(:packet_id as uuid),
    problem.row_no,
    cast(:client_id as uuid),
    'load',
    problem.line_no,
    problem.column_name,
    problem.code,
    problem.params,
    problem.value
from jsonb_to_recordset(cast(:problems as jsonb))
    as problem (row_no int, line_no int, column_name text, code text, params jsonb, value text)
