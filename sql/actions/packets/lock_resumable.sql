-- Locks packets that are to be started again, in the order of the ids. One that a step works on is skipped, because its run goes on by itself.
-- Grain: a packet. Parameter: packet_ids.
select id, client_id, revision
from data_packet
where id = any(cast(:packet_ids as uuid[])) and state in ('preparing', 'sending')
order by id
for no key update skip locked
