-- Enters the calls that have become unknown into the list of checks. Grain: one call. Parameter: first_seconds (from its record on, before the
-- provider's list is first read: a callback usually comes sooner).
insert into call_check (call_id, client_id, packet_id, next_at)
select id, client_id, packet_id, coalesce(recorded_at, lease_until) + make_interval(secs => :first_seconds)
from provider_call
where state = 'unknown'
on conflict (call_id) do nothing
