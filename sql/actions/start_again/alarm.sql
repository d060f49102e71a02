-- Raises an alarm with the reason why a packet is stuck; one that exists keeps its first time.
-- Parameters: packet_id, client_id, code, cases (messages that are ready).
insert into packet_alarm (packet_id, client_id, code, cases)
values (:packet_id, :client_id, :code, :cases)
on conflict (packet_id, code) do update set cases = excluded.cases
