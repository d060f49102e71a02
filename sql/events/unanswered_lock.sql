-- Locks calls that were begun and whose lease ended without an answer: the lane died, or its answer was lost
-- (docs/how-nothing-is-doubled.md#the-life-of-a-message). Other sweeps skip them. Grain: one call. Parameter: limit.
select id, packet_id
from provider_call
where state = 'sending' and begun_at is not null and lease_until < now()
order by lease_until
limit :limit
for update skip locked
