-- Writes the proof of an erasure. Parameters: client_id, packet_id, kind, retention_days (or null), rows, messages.
insert into packet_erasure (client_id, packet_id, kind, retention_days, rows, messages)
values (:client_id, :packet_id, :kind, :retention_days, :rows, :messages)
