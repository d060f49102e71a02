-- Locks the messages whose deadline or hours ended before a lane reached them (B9, D13). A lane runs this at the start of each walk; the
-- claim itself skips them. `late`: the deadline has passed, or nobody knows the next hours. Grain: one message. Parameters: packet_id, channel.
select
    id,
    expires_at <= packetboat_now() or not exists (
        select from send_window
        where send_window.packet_id = message.packet_id and send_window.window_no = message.window_no
    ) as late
from message
where
    packet_id = :packet_id and channel = :channel and state = 'ready'
    and least(expires_at, closes_at) <= packetboat_now()
for update skip locked
