-- Which packets have totals; one without gets them from settle, which sees what has moved. Parameter: packet_ids.
select packet_id from packet_total where packet_id = any(cast(:packet_ids as uuid[]))
