-- Every client that this transaction may see, with how many campaigns it has. Grain: a client.
select
    client.slug, client.name, client.state, client.region, client.language, client.time_zone,
    (select count(*) from campaign where campaign.client_id = client.id) as campaigns
from client
order by client.slug
