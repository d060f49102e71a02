-- Holds the rows whose contact time cannot be used. Grain: a row.
-- Parameters: packet_id, client_id; date_column, time_column (names in the file's header).
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params, value)
select
    cast(:packet_id as uuid),
    row_no,
    cast(:client_id as uuid),
    'clean',
    line_no,
    case when clean_moment.field = 'contact_time' and time_raw <> '' then cast(:time_column as text) else :date_column end,
    clean_moment.code,
    clean_moment.params,
    case when clean_moment.field = 'contact_time' and time_raw <> '' then left(time_raw, 500) else left(date_raw, 500) end
from clean_pick
join clean_moment using (date_raw, time_raw)
where clean_moment.code is not null
