-- The distinct dates, the distinct times of day and the number of clean rows of a packet, in one pass.
-- Grain: a date, or a time of day (the other is null), or both null for the number of all rows. Parameter: packet_id.
select
    substr(local_at, 1, 10) as day,
    substr(local_at, 12, 5) as clock,
    count(*) as rows
from clean_row
where packet_id = :packet_id
group by grouping sets ((substr(local_at, 1, 10)), (substr(local_at, 12, 5)), ())
