-- Deletes the counts of failed log-ins that are a day old. Rows that are locked are left for the next time.
delete from login_delay
where name_digest in (select name_digest from login_delay where tried_at < now() - interval '1 day' for update skip locked)
