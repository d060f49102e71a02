-- Locks a packet that is to be started again, if it has not changed since it was checked: of two concurrent checks, one starts it.
-- Grain: one packet. Parameters: packet_id, run_id.
select id
from data_packet
where
    id = :packet_id and run_id is not distinct from cast(:run_id as text)
    and state in ('received', 'preparing', 'sending')
for no key update
