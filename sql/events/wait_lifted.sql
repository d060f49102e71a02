-- Messages that are ready again may be due before the time that their channels wait for. Grain: one channel of one packet.
-- Parameter: packet_ids.
delete from channel_wait where packet_id = any(cast(:packet_ids as uuid[])) and code = 'due_later'
