-- Leaves the lost calls to a person: the attempts that were really made have other ids, so no list can prove that a message did not go out.
insert into call_check (call_id, client_id, packet_id, next_at, reason)
select id, client_id, packet_id, 'infinity', 'restored'
from provider_call
where state = 'unknown' and error_code = 'restored'
on conflict (call_id) do update set next_at = 'infinity', reason = 'restored'
