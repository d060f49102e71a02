-- Counts hits in a window of time, which starts with the first hit after the last window, and returns the window's total.
-- The clock is read after waiting for a concurrent hit. Parameters: digest, hits, seconds (how long a window lasts).
insert into rate_limit as existing (digest, hits, ends_at)
values (:digest, :hits, clock_timestamp() + make_interval(secs => :seconds))
on conflict (digest) do update
set
    hits = excluded.hits + case when existing.ends_at <= clock_timestamp() then 0 else existing.hits end,
    ends_at = case when existing.ends_at <= clock_timestamp() then excluded.ends_at else existing.ends_at end
returning hits
