-- Takes packets before their totals are moved, in one order, as settle takes them. Parameter: packet_ids.
select id from data_packet where id = any(cast(:packet_ids as uuid[])) order by id for no key update
