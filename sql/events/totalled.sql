-- The packets that have totals. Those without get them from settle, which counts the moved messages. Parameter: packet_ids.
select packet_id from packet_total where packet_id = any(cast(:packet_ids as uuid[]))
