-- A packet that settle has added up since its last lane began, and of which nothing is ready or under way, is settled; the first time
-- stays. The packet is locked. Parameter: packet_id.
update data_packet
set state = 'settled', settled_at = coalesce(settled_at, now())
where
    id = :packet_id and state in ('preparing', 'sending')
    and exists (select from packet_total where packet_id = :packet_id)
    and not exists (select from message where packet_id = :packet_id and state in ('ready', 'sending'))
