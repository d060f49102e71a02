-- Locks calls that were claimed and not begun within the time that a lane may keep them in hand. Closing them is safe even if the lane is
-- alive: it cannot begin a closed call. Other sweeps skip them.
-- Grain: one call. Parameters: claim_seconds, packet_id (null for all), limit.
select id, packet_id
from provider_call
where
    state = 'sending' and begun_at is null and claimed_at < now() - make_interval(secs => :claim_seconds)
    and (cast(:packet_id as uuid) is null or packet_id = cast(:packet_id as uuid))
order by id
limit :limit
for update skip locked
