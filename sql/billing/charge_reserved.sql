-- The credit of a packet is reserved, for the messages that are left of it. Parameters: packet_id, total_minor (what was reserved).
update packet_charge
set state = 'reserved', missing_minor = 0, never_reserved_minor = packet_charge.total_minor - :total_minor
where packet_id = :packet_id
