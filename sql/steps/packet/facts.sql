-- What the steps need to know about a packet; the campaign is the version that the packet is pinned to. One row, or none when this
-- transaction may not see it. Parameter: packet_id.
select
    data_packet.id,
    data_packet.client_id,
    data_packet.campaign_id,
    data_packet.campaign_version_id,
    data_packet.feed_id,
    data_packet.revision,
    data_packet.state,
    data_packet.file_name,
    data_packet.sha256,
    data_packet.bytes,
    data_packet.header,
    data_packet.dialect,
    data_packet.load_map_id,
    data_packet.received_at,
    client.slug as client_slug,
    client.name as client_name,
    coalesce(feed.settings ->> 'region', client.region) as region,
    coalesce(feed.settings ->> 'language', client.language) as language,
    coalesce(feed.settings ->> 'time_zone', client.time_zone) as time_zone,
    feed.settings as feed_settings,
    version.details as campaign
from data_packet
join client on client.id = data_packet.client_id
join feed on feed.id = data_packet.feed_id
join campaign_version as version on version.id = data_packet.campaign_version_id
where data_packet.id = :packet_id
