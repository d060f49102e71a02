-- How many clients send on which channel by which provider. Grain: a channel and a provider.
select channel, provider, count(*) as clients
from sender
where state = 'active'
group by channel, provider
order by channel, provider
