-- Locks messages whose hours ended before a lane reached them (D13), at most `limit`. It reads all that are left, so a lane runs this at its
-- start and when the outlook says so, until it locks fewer; the claim itself skips them. `unknown`: nobody knows the next hours.
-- Grain: one message. Parameters: packet_id, channel, limit.
select
    id,
    not exists (
        select from send_window
        where send_window.packet_id = message.packet_id and send_window.window_no = message.window_no
    ) as unknown
from message
where
    packet_id = :packet_id and channel = :channel and state = 'ready'
    and closes_at <= (select packetboat_now()) and expires_at > (select packetboat_now())
limit :limit
for update skip locked
