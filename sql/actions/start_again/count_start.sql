-- Counts a start, and records how far the packet was. Grain: one packet. Parameters: packet_id, client_id, steps_done, ready, moved.
-- Returns the number of starts so far, which becomes part of the run's id.
insert into packet_watch as watch (packet_id, client_id, starts, idle_starts, steps_done, ready, started_at)
values (:packet_id, :client_id, 1, 1, :steps_done, :ready, now())
on conflict (packet_id) do update set
    starts = watch.starts + 1,
    idle_starts = case when :moved then 1 else watch.idle_starts + 1 end,
    steps_done = excluded.steps_done, ready = excluded.ready, started_at = excluded.started_at
returning starts
