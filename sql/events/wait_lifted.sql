-- Messages that are ready again may be due before the time that their channels wait for, and the limit that is reached need not concern them.
-- A lane that finds nothing to send notes the wait again. Grain: one channel of one packet.
-- Parameter: packet_ids.
delete from channel_wait where packet_id = any(cast(:packet_ids as uuid[])) and code in ('due_later', 'limit_reached', 'over_limit')
