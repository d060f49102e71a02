-- Every campaign that this transaction may see, in its newest version. Grain: a campaign.
select
    client.slug as client, campaign.slug, campaign.name, campaign.state, version.version, version.created_at as changed_at,
    version.details ->> 'type' as type
from campaign
join client on client.id = campaign.client_id
cross join lateral (
    select * from campaign_version where campaign_id = campaign.id order by version desc limit 1
) as version
order by client.slug, campaign.slug
