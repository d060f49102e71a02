-- Why rows of a packet are held, the most frequent reason first. A row may be held for several reasons. Grain: a code, a column and params.
-- Params that are about a single row (line, length, n) are not grouped by: where they differ, `various` is true, and the params are those
-- of one of the rows. Parameter: packet_id.
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
