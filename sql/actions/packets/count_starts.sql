-- Counts the start of packets that a person resumes. The number becomes part of the run's id. Grain: a packet. Parameter: packet_ids.
insert into packet_watch as watch (packet_id, client_id, starts, started_at)
select id, client_id, 1, now()
from data_packet
where id = any(cast(:packet_ids as uuid[]))
on conflict (packet_id) do update set starts = watch.starts + 1, idle_starts = 0, started_at = now()
returning packet_id, client_id, starts
