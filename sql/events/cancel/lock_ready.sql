-- Locks the next messages of a packet that nothing has taken, in the order of the claim index, for them to be cancelled. Those that a lane has
-- locked are skipped. Grain: one message. Parameters: packet_id, after_channel, after_expires, after_row (the place of the last one), limit.
select id, channel, cast(expires_at as text) as expires_at, row_no
from message
where
    packet_id = :packet_id and state = 'ready'
    and (channel, expires_at, row_no) > (:after_channel, cast(:after_expires as timestamptz), cast(:after_row as integer))
order by channel, expires_at, row_no
limit :limit
for update skip locked
