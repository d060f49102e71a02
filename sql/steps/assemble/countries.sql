-- The countries to which a packet may send: those that its client has been allowed, or else the client's own region and that of the feed.
-- Grain: one row. `countries` is null if every country is allowed. Parameters: packet_id.
select
    case
        when '*' = any(allowed.countries) then null
        else coalesce(allowed.countries, array[client.region, coalesce(feed.settings ->> 'region', client.region)])
    end as countries
from data_packet
join client on client.id = data_packet.client_id
join feed on feed.id = data_packet.feed_id
cross join lateral (
    select array_agg(country) as countries from client_country where client_country.client_id = client.id
) as allowed
where data_packet.id = :packet_id
