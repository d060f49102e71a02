-- The target of an upload: the campaign in its newest version, its client, and the feed. One row; none when this client has no such campaign.
-- Parameters: client_id, campaign_id, feed.
select
    client.slug as client_slug, client.state as client_state, campaign.state as campaign_state, campaign.name as campaign_name,
    version.id as campaign_version_id, version.details,
    feed.id as feed_id, coalesce(feed.settings, '{}') as feed_settings,
    coalesce(feed.settings ->> 'region', client.region) as region, coalesce(feed.settings ->> 'language', client.language) as language,
    coalesce(feed.settings ->> 'time_zone', client.time_zone) as time_zone,
    array(select channel from sender where sender.client_id = client.id and sender.state = 'active') as sending_channels
from campaign
join client on client.id = campaign.client_id
join newest_campaign_version as version on version.campaign_id = campaign.id
left join feed on feed.campaign_id = campaign.id and feed.name = :feed
where campaign.id = :campaign_id and client.id = :client_id
