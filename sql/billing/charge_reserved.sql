-- The credit of a packet is reserved. Parameter: packet_id.
update packet_charge set state = 'reserved', missing_minor = 0 where packet_id = :packet_id
