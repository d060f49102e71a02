-- How many clients send on each channel through each provider. Grain: a channel and a provider.
select channel, provider, count(*) as clients
from sender
where state = 'active'
group by channel, provider
order by channel, provider
