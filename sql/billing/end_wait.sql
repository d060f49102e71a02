-- A packet that is settled waits for credit no longer. Parameter: packet_id.
update packet_charge
set state = 'ended', missing_minor = 0, never_reserved_minor = total_minor
where
    packet_id = :packet_id and state = 'waiting'
    and exists (select from data_packet where id = :packet_id and state = 'settled')
