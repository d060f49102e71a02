-- Locks the buckets of a lane before it takes from them, always in the order of their keys. Whoever holds a bucket may change its shares.
-- Grain: a bucket. Parameter: keys.
select key from sending_bucket where key = any(cast(:keys as text[])) order by key for update
