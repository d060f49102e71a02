-- Locks the packets that wait for credit, the oldest first. Those that another process looks at are left to it.
-- Grain: a packet. Parameters: client_id (null for all).
select charge.packet_id, charge.client_id, charge.currency
from packet_charge as charge
where charge.state = 'waiting' and (cast(:client_id as uuid) is null or charge.client_id = cast(:client_id as uuid))
order by charge.packet_id
for update skip locked
