-- Adds the prices of a new version of a price list. Grain: a channel, country and day. Parameters: list_id, client_id, and parallel arrays:
-- days, channels, countries, units, prices_minor.
insert into price (list_id, client_id, valid_from, channel, country, unit, price_minor)
select :list_id, cast(:client_id as uuid), price.*
from unnest(
    cast(:days as date[]), cast(:channels as text[]), cast(:countries as text[]), cast(:units as text[]), cast(:prices_minor as bigint[])
) as price
