-- Deletes the log-ins that have expired. Rows that are locked are left for the next time.
delete from login_session
where digest in (select digest from login_session where now() >= least(ends_at, seen_at + idle) for update skip locked)
