-- The prices that apply to a client today, in its time zone: those of its own newest price list, else of the platform's. A list of which no
-- price is valid yet does not replace the one before it. The newest price of a channel and country counts.
-- Grain: a channel and a country (`*` for every other one), or a way of forwarding replies (unit `forward`); no rows if nothing costs anything. Parameters: client_id.
with today as (
    select cast(timezone(time_zone, packetboat_now()) as date) as day from client where id = :client_id
),
list as (
    select id, currency
    from price_list
    where
        (client_id = :client_id or client_id is null)
        and exists (select from price cross join today where price.list_id = price_list.id and price.valid_from <= today.day)
    order by client_id is null, version desc
    limit 1
)
select distinct on (price.channel, price.country, price.unit = 'forward')
    list.id as list_id, list.currency, price.channel, price.country, price.unit, price.price_minor
from list
join price on price.list_id = list.id
join today on price.valid_from <= today.day
order by price.channel, price.country, price.unit = 'forward', price.valid_from desc
