-- Forgets the totals of a packet that a lane begins to send: lanes move messages without moving totals, so those of an earlier run are no
-- longer true. Settle adds up again. The packet is locked. Parameter: packet_id.
delete from packet_total
where packet_id = :packet_id and (select state from data_packet where id = :packet_id) = 'sending'
