-- Locks a packet, unless a step works on it: that one settles it then. One row or none. Parameter: packet_id.
select id from data_packet where id = :packet_id for no key update skip locked
