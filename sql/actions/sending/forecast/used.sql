-- What was used today of limits, and in how many seconds their day ends. Grain: a limit. Parameters: keys, zones (parallel arrays).
select
    day.key,
    case when bucket.day = cast(day.local_time as date) then bucket.used else 0 end as used,
    extract(epoch from timezone(zone, cast(cast(day.local_time as date) + 1 as timestamp)) - packetboat_now())::float8 as day_ends_in
from (
    select key, zone, timezone(zone, packetboat_now()) as local_time
    from unnest(cast(:keys as text[]), cast(:zones as text[])) as rule (key, zone)
) as day
left join sending_bucket as bucket on bucket.key = day.key
