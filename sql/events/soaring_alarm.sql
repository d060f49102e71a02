-- Raises the alarm about a packet that was paused because its failures soared. Grain: one packet. Parameters: packet_id, client_id, cases.
insert into packet_alarm (packet_id, client_id, code, cases)
values (:packet_id, :client_id, 'failures_soar', :cases)
on conflict (packet_id, code) do update set cases = excluded.cases, raised_at = now()
