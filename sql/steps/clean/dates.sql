-- The distinct values of a field with dates, and how many rows have each. Grain: a value.
-- {field} is the name of the field, as in booked_at_open.
select {field}_open as raw, count(*) as rows
from clean_pick
where {field}_open is not null
group by {field}_open
