-- Somebody wants the packet to go on now: what was delayed because a provider was in trouble is due at once, or when its hours begin. What
-- has never been tried is due when it was planned. Grain: one message. Parameter: packet_id.
update message
set not_before = greatest(
    packetboat_now(),
    (
        select max(begin_at)
        from send_window
        cross join unnest(send_window.opens) as begin_at
        where
            send_window.packet_id = message.packet_id and send_window.window_no = message.window_no
            and begin_at < message.closes_at
    )
)
where packet_id = :packet_id and state = 'ready' and attempt_no > 0 and not_before > packetboat_now()
