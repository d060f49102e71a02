-- A log-in begins, unless the password that was proved is no longer the person's, or they were deactivated meanwhile: whoever changes
-- that waits for this row, or this waits for them. No row comes back then.
-- Parameters: digest, user_id, proved (the hash that the password was compared with), browser, idle, whole (seconds).
insert into login_session (digest, user_id, browser, idle, ends_at)
select :digest, id, :browser, make_interval(secs => :idle), now() + make_interval(secs => :whole)
from public.ab_user
where id = :user_id and active and password = :proved
for share
returning user_id
