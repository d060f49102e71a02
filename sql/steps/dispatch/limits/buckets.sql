-- Makes the buckets of limits that have none yet; a new bucket is full. Grain: a limit. Parameter: keys.
insert into sending_bucket (key)
select key from unnest(cast(:keys as text[])) as key
order by key
on conflict do nothing
