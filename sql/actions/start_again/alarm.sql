-- Says why a packet stands still, with how many messages are ready; since when, it keeps from the first time.
-- Parameters: packet_id, client_id, code, cases.
insert into packet_alarm (packet_id, client_id, code, cases)
values (:packet_id, :client_id, :code, :cases)
on conflict (packet_id, code) do update set cases = excluded.cases
