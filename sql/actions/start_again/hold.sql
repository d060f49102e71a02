-- Takes a packet that is to be started again, if it still stands where it stood when it was looked at: two clockworks at once start it
-- once. Grain: one packet. Parameters: packet_id, run_id.
select id
from data_packet
where
    id = :packet_id and run_id is not distinct from cast(:run_id as text)
    and state in ('received', 'preparing', 'sending')
for no key update
