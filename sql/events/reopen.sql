-- Lets packets go on that are settled and have messages ready again. They are locked. Grain: one packet. Parameter: packet_ids.
update data_packet
set state = 'sending'
where id = any(cast(:packet_ids as uuid[])) and state = 'settled'
