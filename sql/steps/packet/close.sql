-- A packet that settle has added up since its last lane began, and of which nothing is ready or under way, is settled; the first time
-- stays. One that waits for credit stays open while a message is unknown: if it did not go out, it has to be paid for before it may. A
-- cancelled packet is settled from any state. The packet is locked. Parameter: packet_id.
update data_packet
set state = 'settled', settled_at = coalesce(settled_at, now()), problem_code = null, problem_params = null
where
    id = :packet_id
    and (
        state in ('preparing', 'sending')
        or state = 'awaiting_credit' and not exists (select from message where packet_id = :packet_id and state = 'unknown')
        or state in ('received', 'stopped', 'awaiting_credit') and exists (select from pause where packet_id = :packet_id and final)
    )
    and exists (select from packet_total where packet_id = :packet_id)
    and not exists (select from message where packet_id = :packet_id and state in ('ready', 'sending'))
