-- Deletes the windows that have ended. Rows that are locked are left for the next time.
delete from rate_limit
where digest in (select digest from rate_limit where ends_at <= now() for update skip locked)
