-- Moves messages whose hours have ended, and that are locked, to the next span of their hours; one that has none before its deadline
-- expires. Grain: one message. Parameter: message_ids.
update message
set
    state = case when next.opens < message.expires_at then 'ready' else 'expired' end,
    not_before = coalesce(greatest(message.not_before, next.opens), message.not_before),
    closes_at = coalesce(next.closes, 'infinity'),
    error_code = case when next.opens < message.expires_at then message.error_code else 'no_window' end,
    state_at = case when next.opens < message.expires_at then message.state_at else now() end
from (
    select
        packet_id, window_no,
        opens[width_bucket(packetboat_now(), closes) + 1] as opens,
        closes[width_bucket(packetboat_now(), closes) + 1] as closes
    from send_window
) as next
where
    message.id = any(cast(:message_ids as uuid[]))
    and next.packet_id = message.packet_id and next.window_no = message.window_no
