-- Why rows of a packet are held: one line per code, column and params, the most frequent first. A row may be held for several reasons.
-- The figures of single rows (another line, a length, a number of cells) make no lines of their own: where they differ, `various` is
-- true, and the params are those of one of the rows. Parameter: packet_id.
select
    code,
    column_name,
    min(params::text)::jsonb as params,
    min(params::text) <> max(params::text) as various,
    count(distinct row_no) as rows
from held_row
where packet_id = :packet_id
group by code, column_name, params - array['line', 'length', 'n']
order by rows desc, code, column_name
