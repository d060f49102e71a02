-- Counts the starts of packets, and records how far each was. The number becomes part of the run's id. Grain: a packet.
-- Parameters: packet_ids, client_ids, steps_done, ready (parallel arrays), moved_ids (the packets whose starts in vain are counted anew).
insert into packet_watch as watch (packet_id, client_id, starts, idle_starts, steps_done, ready, started_at)
select packet_id, client_id, 1, 1, steps_done, ready, now()
from unnest(
    cast(:packet_ids as uuid[]), cast(:client_ids as uuid[]), cast(:steps_done as integer[]), cast(:ready as integer[])
) as started (packet_id, client_id, steps_done, ready)
order by packet_id
on conflict (packet_id) do update set
    starts = watch.starts + 1,
    idle_starts = case when watch.packet_id = any(cast(:moved_ids as uuid[])) then 1 else watch.idle_starts + 1 end,
    steps_done = excluded.steps_done, ready = excluded.ready, started_at = excluded.started_at
returning packet_id, starts
