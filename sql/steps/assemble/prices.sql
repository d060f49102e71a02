-- Joins the price of a message's channel: for its country if there is one, else for every other one. Part of store.sql.
-- Parameters: four parallel arrays, price_channels, price_countries, price_units and prices_minor.
left join unnest(
    cast(:price_channels as text[]), cast(:price_countries as text[]), cast(:price_units as text[]), cast(:prices_minor as bigint[])
) as here (priced_channel, priced_country, unit, minor)
    on here.priced_channel = assemble_message.channel and here.priced_country = assemble_message.country
left join unnest(
    cast(:price_channels as text[]), cast(:price_countries as text[]), cast(:price_units as text[]), cast(:prices_minor as bigint[])
) as elsewhere (priced_channel, priced_country, unit, minor)
    on elsewhere.priced_channel = assemble_message.channel and elsewhere.priced_country = '*'
