-- Somebody wants the packet to go on now: what was delayed because a provider was in trouble is due at once. What has never been tried is
-- due when it was planned. Grain: one message. Parameter: packet_id.
update message
set not_before = packetboat_now()
where packet_id = :packet_id and state = 'ready' and attempt_no > 0 and not_before > packetboat_now()
