-- The countries to which clients may send. Grain: a client. No parameters.
select slug as client, coalesce(array_agg(country order by country) filter (where country is not null), array[region]) as countries
from client
left join client_country on client_country.client_id = client.id
group by client.id
order by slug
