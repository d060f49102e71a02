-- Calls that were claimed and never begun within the time a lane may keep them in hand. Whoever takes them back does no harm, not even to
-- a living lane: it cannot begin a call that is closed. Others skip what is taken here.
-- Grain: one call. Parameters: claim_seconds, packet_id (null for all), most.
select id, packet_id
from provider_call
where
    state = 'sending' and begun_at is null and claimed_at < now() - make_interval(secs => :claim_seconds)
    and (cast(:packet_id as uuid) is null or packet_id = cast(:packet_id as uuid))
order by id
limit :most
for update skip locked
