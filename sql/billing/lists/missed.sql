-- The days before `day` for which the list of a provider account was not compared, or not read, the newest first. None before its first
-- comparison. Grain: an account and a day. Parameters: day, days (how many to look back).
select known.account, cast(:day as date) - back as day
from (select account, min(day) as first_day from listed_day group by account) as known
cross join generate_series(1, :days) as back
where
    cast(:day as date) - back >= known.first_day
    and not exists (
        select from listed_day
        where listed_day.account = known.account and listed_day.day = cast(:day as date) - back and outcome <> 'not_read'
    )
order by back, known.account
