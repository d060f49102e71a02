-- Packets with messages ready again are started anew: earlier starts without progress no longer count. Parameter: packet_ids.
update packet_watch
set idle_starts = 0
where packet_id = any(cast(:packet_ids as uuid[]))
