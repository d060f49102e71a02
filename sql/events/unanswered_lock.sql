-- Calls that were begun and whose lease ended without a word: the lane died, or its answer was lost
-- (docs/how-nothing-is-doubled.md#the-life-of-a-message). Others skip what is taken here. Grain: one call. Parameter: most.
select id, packet_id
from provider_call
where state = 'sending' and begun_at is not null and lease_until < now()
order by lease_until
limit :most
for update skip locked
