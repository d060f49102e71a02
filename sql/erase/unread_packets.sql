-- The packets whose cells are searched for an address, with what says how they are read. Grain: a packet.
-- Parameters: client_id (null for every client), packet_ids (null for all).
select
    packet.id as packet_id,
    packet.header,
    load_map.mapping,
    coalesce(feed.settings ->> 'region', client.region) as region,
    coalesce(feed.settings ->> 'language', client.language) as language,
    coalesce(feed.settings ->> 'time_zone', client.time_zone) as time_zone
from data_packet as packet
join client on client.id = packet.client_id
join feed on feed.id = packet.feed_id
left join load_map on load_map.id = packet.load_map_id
where
    packet.erased_at is null
    and (cast(:client_id as uuid) is null or packet.client_id = :client_id)
    and (cast(:packet_ids as uuid[]) is null or packet.id = any(cast(:packet_ids as uuid[])))
order by packet.id
