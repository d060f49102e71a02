-- The sending limits, with what was used today by the limit's own day. Grain: a limit. No parameters.
select
    client.slug as client, limits.scope, coalesce(sender.address, limits.subject) as subject, limits.per_second, limits.per_day,
    case when bucket.day = cast(timezone(
        case when limits.scope in ('provider', 'brand') then 'UTC' else coalesce(client.time_zone, 'UTC') end, packetboat_now()
    ) as date) then bucket.used else 0 end as used_today
from sending_limit as limits
left join client on client.id = limits.client_id
left join sender on limits.scope = 'sender' and limits.subject = cast(sender.id as text)
left join sending_bucket as bucket
    on bucket.key = concat_ws(':', limits.scope, coalesce(cast(limits.client_id as text), '*'), limits.subject)
order by client.slug nulls first, limits.scope, subject
