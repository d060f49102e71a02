-- The distinct pairs of date and time, and how many rows have each. Grain: a pair of date and time.
create temp table clean_date on commit drop as
select date_raw, time_raw, count(*) as rows
from clean_pick
where date_raw is not null
group by date_raw, time_raw
