-- Lets a client send to more countries; the first time its own region stays allowed as well. Grain: a country.
-- Parameters: client_id, countries.
insert into client_country (client_id, country)
select id, country
from client
cross join lateral (
    select unnest(cast(:countries as text[]))
    union
    select client.region
    where not exists (select from client_country where client_id = client.id)
) as allowed (country)
where id = :client_id
on conflict do nothing
