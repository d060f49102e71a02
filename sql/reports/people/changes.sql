-- What was added and lifted for an address of a client, in order. Grain: a change. Parameters: client_id, address.
select channel, reason, change, source, note, changed_at
from suppression_change
where client_id = :client_id and address_hash = address_hash(comparable_address(:address))
order by id
