-- The channels that active campaigns of active clients send on without an active sender of the client. Grain: a channel.
select rule ->> 'send' as channel, count(distinct client.id) as clients, min(client.slug) as example
from campaign
join client on client.id = campaign.client_id
join newest_campaign_version as version on version.campaign_id = campaign.id
cross join jsonb_array_elements(version.details -> 'rules') as rule
where
    campaign.state = 'active' and client.state = 'active'
    and not exists (
        select from sender
        where sender.client_id = client.id and sender.channel = rule ->> 'send' and sender.state = 'active'
    )
group by rule ->> 'send'
order by channel
