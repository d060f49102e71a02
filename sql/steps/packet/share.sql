-- Locks a packet until a claim is committed: a prepare step or a stop waits for the claim, and a claim waits for them. `paused`: nothing may be
-- claimed. `attempt_seed`, `call_seed`: new ids, from which the lane makes those of its attempts and calls. Parameter: packet_id.
select
    state, exists (select from paused_packet where packet_id = :packet_id) as paused,
    uuidv7() as attempt_seed, uuidv7() as call_seed
from data_packet
where id = :packet_id
for share
