-- How many files arrived on each day, newest first. Grain: a day (UTC). No parameters.
select cast(timezone('UTC', received_at) as date) as day, count(*) as files, sum(bytes)::bigint as bytes
from data_packet
group by day
order by day desc
