-- Leaves every unknown call to a person, also those that were unknown before: the attempts that were really made since the backup have other
-- ids and times, so no list can prove that a message did not go out. Whoever reads a list for such a call decides nothing any more.
insert into call_check (call_id, client_id, packet_id, next_at, reason)
select id, client_id, packet_id, 'infinity', 'restored'
from provider_call
where state = 'unknown'
on conflict (call_id) do update set next_at = 'infinity', reason = 'restored', owner = null
