-- Counts a try before the password is checked, so that a hundred concurrent tries are not a hundred free ones; a success deletes the row.
-- After five failures in a row the next try has to wait 32 seconds, then 64, 128 …, at most 15 minutes; a day without a failure resets this.
-- Returns nothing during the wait. The clock is read after waiting for a concurrent try. Parameters: purpose, name.
insert into login_delay as existing (name_digest, failures, tried_at, next_try_at)
values (sha256(convert_to(:purpose || e'\n' || lower(:name), 'UTF8')), 1, clock_timestamp(), clock_timestamp())
on conflict (name_digest) do update
set
    failures = case when existing.tried_at < clock_timestamp() - interval '1 day' then 1 else existing.failures + 1 end,
    tried_at = clock_timestamp(),
    next_try_at = clock_timestamp() + case
        when existing.failures < 4 or existing.tried_at < clock_timestamp() - interval '1 day' then interval '0'
        else make_interval(secs => least(900, power(2, least(existing.failures, 20) + 1)))
    end
where existing.next_try_at <= clock_timestamp()
returning failures
