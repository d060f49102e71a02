-- Starts a log-in, unless the password that was checked is no longer the person's, or they have been deactivated: concurrent changes of
-- either wait for this row, or this waits for them. Then no row is returned.
-- Parameters: digest, user_id, proved (the hash that the password was compared with), browser, idle, whole (seconds).
insert into login_session (digest, user_id, browser, idle, ends_at)
select :digest, id, :browser, make_interval(secs => :idle), now() + make_interval(secs => :whole)
from public.ab_user
where id = :user_id and active and password = :proved
for share
returning user_id
