-- The price lists, in the newest version of each. Grain: a client, or the platform. No parameters.
select distinct on (price_list.client_id)
    client.slug as client, price_list.version, price_list.currency, price_list.imported_at, price_list.imported_by,
    (select count(*) from price where price.list_id = price_list.id) as prices
from price_list
left join client on client.id = price_list.client_id
order by price_list.client_id nulls first, price_list.version desc
