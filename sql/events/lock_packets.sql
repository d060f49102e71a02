-- Locks packets before their totals change, in the order of the ids, as settle does. Parameter: packet_ids.
select id from data_packet where id = any(cast(:packet_ids as uuid[])) order by id for no key update
