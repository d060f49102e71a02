-- Whether a log-in is still valid, and whether its last activity should be recorded again. Grain: the one session, or nothing.
-- Parameters: digest, user_id.
select seen_at < now() - interval '1 minute' as stale
from login_session
where digest = :digest and user_id = :user_id and now() < ends_at and now() < seen_at + idle
