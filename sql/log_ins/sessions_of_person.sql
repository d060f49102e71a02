-- Where a person is logged in: this browser first, then by last activity. Grain: a valid session. Parameters: user_id, digest.
select browser, started_at, seen_at, digest = :digest as current
from login_session
where user_id = :user_id and now() < ends_at and now() < seen_at + idle
order by current desc, seen_at desc
