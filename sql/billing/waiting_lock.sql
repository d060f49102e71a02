-- Locks a packet that waits for credit, unless another process has it. Grain: a packet or nothing. Parameter: packet_id.
select id, revision
from data_packet
where id = :packet_id and state = 'awaiting_credit'
for no key update skip locked
