-- The prices of the newest version of a list. Grain: a price. Parameter: client_id (null for the platform).
with list as (
    select id, currency
    from price_list
    where client_id is not distinct from cast(:client_id as uuid)
    order by version desc
    limit 1
)
select list.currency, price.valid_from, price.channel, price.country, price.unit, price.price_minor
from list
join price on price.list_id = list.id
order by price.channel, price.country, price.unit, price.valid_from
