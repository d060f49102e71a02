-- Every campaign that this transaction may see, in its newest version. Grain: a campaign.
select
    client.slug as client, campaign.slug, campaign.name, campaign.state, version.version, version.created_at as changed_at,
    version.details ->> 'type' as type
from campaign
join client on client.id = campaign.client_id
join newest_campaign_version as version on version.campaign_id = campaign.id
order by client.slug, campaign.slug
