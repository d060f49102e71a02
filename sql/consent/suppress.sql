-- Suppresses addresses for a client. One that is suppressed for this reason already stays as it is: it says since when.
-- Grain of the result: one row per address that is new. Parameters: client_id, channel ('*' for all), addresses, reason, source.
insert into suppression (client_id, channel, address, reason, source)
select distinct cast(:client_id as uuid), :channel, comparable_address(address), :reason, :source
from unnest(cast(:addresses as text[])) as address
on conflict (client_id, channel, address_hash, reason) do nothing
returning id
