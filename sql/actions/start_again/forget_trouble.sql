-- Somebody wants the packet to go on now: its channels wait for no provider any more. Grain: one channel of one packet. Parameter: packet_id.
delete from channel_wait where packet_id = :packet_id and code <> 'due_later'
