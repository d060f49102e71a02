-- Locks what a packet costs that still waits for credit, unless another process looks at it. One row or nothing. Parameter: packet_id.
select packet_id
from packet_charge
where packet_id = :packet_id and state = 'waiting'
for update skip locked
