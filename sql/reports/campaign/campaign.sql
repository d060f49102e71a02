-- A campaign of a client in its newest version. One row, or none. Parameters: client_id, slug.
select campaign.id, campaign.slug, campaign.name, campaign.state, version.version, version.details, version.created_at, version.created_by, version.id as version_id
from campaign
join newest_campaign_version as version on version.campaign_id = campaign.id
where campaign.client_id = :client_id and campaign.slug = :slug
