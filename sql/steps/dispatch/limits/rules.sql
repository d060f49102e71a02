-- The limits that apply to a lane, each with the key of its bucket and the time zone of its day: the provider's day is UTC's, a client's limit
-- follows the client's day. `apart`: it holds for some messages only, those to a country or to numbers with a prefix.
-- Grain: a limit. Parameters: client_id, provider, sender_id, channel.
select
    concat_ws(':', scope, coalesce(cast(sending_limit.client_id as text), '*'), subject) as key,
    scope, subject, per_second, per_day,
    case when scope in ('provider', 'brand') then 'UTC' else coalesce(client.time_zone, 'UTC') end as zone,
    scope in ('country', 'prefix') as apart
from sending_limit
left join client on client.id = sending_limit.client_id
where
    (sending_limit.client_id is null or sending_limit.client_id = :client_id)
    and case scope
        when 'provider' then subject = :provider
        when 'brand' then subject = :provider
        when 'sender' then subject = cast(cast(:sender_id as uuid) as text)
        when 'channel' then subject = :channel
        else true
    end
order by key
