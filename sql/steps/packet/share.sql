-- Locks a packet until a claim is committed: a prepare step or a stop waits for the claim, and a claim waits for them. `paused`: nothing may be
-- claimed. Parameter: packet_id.
select state, exists (select from paused_packet where packet_id = :packet_id) as paused
from data_packet
where id = :packet_id
for share
