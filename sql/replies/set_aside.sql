-- Sets a reply aside that could not be processed: it is tried again after a minute, then after two, four, … minutes, at last each hour.
-- Parameters: id, problem (a code), suppressed (whether what it wants has taken effect).
update reply
set
    next_try_at = now() + make_interval(mins => least(60, 1 << least(tries, 6))), tries = tries + 1, problem = :problem,
    suppressed = suppressed or :suppressed
where id = :id and outcome is null
