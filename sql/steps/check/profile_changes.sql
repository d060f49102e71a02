-- In how many of some rows of a packet cleaning changed a field. Grain: a field.
-- Parameters: packet_id; row_numbers (a list: the rows to look at).
select split_part(change, ':', 1) as field, count(*) as changed
from clean_row
cross join lateral unnest(changes) as change
where packet_id = :packet_id and row_no = any(cast(:row_numbers as int[]))
group by 1
