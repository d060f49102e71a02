-- The days between the first and the last comparison of each provider account whose list was not compared, or not read.
-- Grain: an account that has such days. No parameters.
select known.account, count(*) as days, min(missed.day) as first_day, max(missed.day) as last_day
from (select account, min(day) as first_day, max(day) as last_day from listed_day group by account) as known
cross join lateral (
    select known.first_day + after as day from generate_series(0, known.last_day - known.first_day - 1) as after
) as missed
where
    not exists (
        select from listed_day
        where listed_day.account = known.account and listed_day.day = missed.day and listed_day.outcome <> 'not_read'
    )
group by known.account
order by known.account
