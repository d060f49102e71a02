-- How many rows are held for each column of the file. Grain: a column. Parameter: packet_id.
select column_name, count(distinct row_no) as held
from held_row
where packet_id = :packet_id and column_name is not null
group by column_name
