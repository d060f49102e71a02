-- A campaign of a client in its newest version. One row, or none. Parameters: client_id, slug.
select campaign.id, campaign.slug, campaign.name, campaign.state, version.version, version.details, version.created_at, version.created_by, version.id as version_id
from campaign
cross join lateral (
    select * from campaign_version where campaign_id = campaign.id order by version desc limit 1
) as version
where campaign.client_id = :client_id and campaign.slug = :slug
