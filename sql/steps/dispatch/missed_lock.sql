-- Locks the next messages that should have begun to go out more than `tolerance` seconds ago, at most `limit`. It reads all that are left, so only
-- a lane of a packet that is that old and of which nothing has begun runs this, until it locks fewer. Grain: one message.
-- Parameters: packet_id, channel, tolerance, limit.
select id
from message
where
    packet_id = :packet_id and channel = :channel and state = 'ready'
    and not_before <= (select packetboat_now()) - make_interval(secs => :tolerance)
limit :limit
for update skip locked
