-- Sets open events aside: those that failed alone are tried again after a minute, then after two, four, … minutes, at last each hour; those that
-- failed together are due at once, each alone. They are locked. Parameters: event_ids, problem (a code), alone, suppressed (whether the
-- addresses in them are suppressed now).
update open_event
set
    next_try_at = now() + case when :alone then make_interval(mins => least(60, 1 << least(tries, 6))) else interval '0' end,
    tries = tries + case when :alone then 1 else 0 end, problem = :problem, suppressed = suppressed or :suppressed
where inbox_id = any(cast(:event_ids as bigint[]))
