-- Raises an alarm for each flaw that a recount found; an alarm that exists keeps its first time. Grain: a packet and a flaw.
-- Parameters: packet_ids, codes, cases (three parallel arrays).
insert into packet_alarm (packet_id, client_id, code, cases)
select packet.id, packet.client_id, found.code, found.cases
from unnest(cast(:packet_ids as uuid[]), cast(:codes as text[]), cast(:cases as integer[])) as found (packet_id, code, cases)
join data_packet as packet on packet.id = found.packet_id
order by packet.id, found.code
on conflict (packet_id, code) do update set cases = excluded.cases
