-- Counts a try before it is looked at, so that a hundred at once are not a hundred free ones; a success takes the row away again.
-- After five failures in a row the next try has to wait 32 seconds, then 64, 128 …, 15 minutes at most; a day without one forgets them.
-- Nothing comes back while the wait lasts. The clock is read after the wait for a try of the same moment. Parameters: purpose, name.
insert into login_delay as known (name_digest, failures, tried_at, next_try_at)
values (sha256(convert_to(:purpose || e'\n' || lower(:name), 'UTF8')), 1, clock_timestamp(), clock_timestamp())
on conflict (name_digest) do update
set
    failures = case when known.tried_at < clock_timestamp() - interval '1 day' then 1 else known.failures + 1 end,
    tried_at = clock_timestamp(),
    next_try_at = clock_timestamp() + case
        when known.failures < 4 or known.tried_at < clock_timestamp() - interval '1 day' then interval '0'
        else make_interval(secs => least(900, power(2, least(known.failures, 20) + 1)))
    end
where known.next_try_at <= clock_timestamp()
returning failures
