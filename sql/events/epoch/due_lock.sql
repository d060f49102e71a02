-- Locks messages that were due before the database was restored: they may have gone out after the backup was made. So may those that were
-- tried before, whenever they are due: somebody may have lifted their delay (start_again/lift_delays). Only packets whose lanes could run have
-- such messages. One that a callback or an errand has locked is waited for: it must not be forgotten. Grain: one message.
-- Parameters: packet_ids, limit.
select id, packet_id, client_id, channel, attempt_no + 1 as attempt_no
from message
where packet_id = any(cast(:packet_ids as uuid[])) and state = 'ready' and (not_before <= packetboat_now() or attempt_no > 0)
order by packet_id, channel, expires_at, row_no
limit :limit
for update
