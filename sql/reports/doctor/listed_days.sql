-- The last comparison with the list of each provider account. Grain: an account. No parameters.
select distinct on (account) account, day, outcome, listed, accepted, differences, compared_at
from listed_day
order by account, day desc
