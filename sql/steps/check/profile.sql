-- The shapes of each field's values in some rows of a packet. Grain: a field and a shape of its values.
-- In a shape, A stands for a run of capitals, a for small letters, 9 for digits and x for non-ASCII characters, of any length, so it
-- reveals nobody's value.
-- {cells} is each field as text: ('phone', clean_row.phone), ('contact_at', clean_row.local_at)
-- Parameters: packet_id; row_numbers (a list: the rows to look at).
with valued as (
    select field, value, count(*) as rows
    from clean_row
    cross join lateral (values {cells}) as cell (field, value)
    where packet_id = :packet_id
        and row_no = any(cast(:row_numbers as int[]))
        and value <> ''
    group by field, value
)
select
    field,
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        value, '[A-Z]+', 'A', 'g'), '[a-z]+', 'a', 'g'), '[0-9]+', '9', 'g'), '[^ -~]+', 'x', 'g'
    ) as shape,
    cast(sum(rows) as bigint) as rows,
    count(*) as distinct_values,
    min(length(value)) as shortest,
    max(length(value)) as longest
from valued
group by 1, 2
