-- The prices that apply to a client today, in its time zone: those of its own newest price list, else of the platform's. The newest price of a
-- channel and country counts. Grain: a channel and a country (`*` for every other one); no rows if nothing costs anything.
-- Parameters: client_id.
with list as (
    select id, currency
    from price_list
    where client_id = :client_id or client_id is null
    order by client_id is null, version desc
    limit 1
)
select distinct on (price.channel, price.country)
    list.id as list_id, list.currency, price.channel, price.country, price.unit, price.price_minor
from list
join price on price.list_id = list.id
where
    price.valid_from <= (
        select cast(timezone(client.time_zone, packetboat_now()) as date) from client where client.id = :client_id
    )
order by price.channel, price.country, price.valid_from desc
