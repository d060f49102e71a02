-- A packet of which nothing is ready or under way is settled; the first time stays. Parameter: packet_id.
update data_packet
set state = 'settled', settled_at = coalesce(settled_at, now())
where
    id = :packet_id and state in ('preparing', 'sending', 'settled')
    and not exists (select from message where packet_id = :packet_id and state in ('ready', 'sending'))
returning state
