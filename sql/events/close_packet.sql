-- A packet that settle has added up, and of which nothing is ready or under way any more, is settled. Parameter: packet_id.
update data_packet
set state = 'settled', settled_at = coalesce(settled_at, now())
where
    id = :packet_id and state = 'sending'
    and exists (select from packet_total where packet_id = :packet_id)
    and not exists (select from message where packet_id = :packet_id and state in ('ready', 'sending'))
    and not exists (
        select from packet_step where packet_id = :packet_id and step = 'dispatch' and state = 'running'
    )
