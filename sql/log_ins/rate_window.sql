-- The open window of a digest. Grain: the one window, or nothing. Parameter: digest.
select hits, extract(epoch from ends_at)::float8 as ends_at
from rate_limit
where digest = :digest and ends_at > clock_timestamp()
