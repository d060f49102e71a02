-- The packets that wait for credit, the oldest first. Grain: a packet. Parameters: client_id (null for all).
select packet_id, client_id, currency
from packet_charge
where state = 'waiting' and (cast(:client_id as uuid) is null or client_id = cast(:client_id as uuid))
order by packet_id
