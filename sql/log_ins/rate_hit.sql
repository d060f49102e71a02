-- Counts hits within a window of time, which begins with the first hit after the last window, and says how many it has now.
-- The clock is read after the wait for a hit of the same moment. Parameters: digest, hits, seconds (how long a window lasts).
insert into rate_limit as known (digest, hits, ends_at)
values (:digest, :hits, clock_timestamp() + make_interval(secs => :seconds))
on conflict (digest) do update
set
    hits = excluded.hits + case when known.ends_at <= clock_timestamp() then 0 else known.hits end,
    ends_at = case when known.ends_at <= clock_timestamp() then excluded.ends_at else known.ends_at end
returning hits
