-- Somebody wants the packet to go on now: its channels wait no longer, except for credit. A lane that finds nothing due notes its wait again.
-- Grain: one channel of one packet. Parameter: packet_id.
delete from channel_wait where packet_id = :packet_id and code <> 'awaiting_credit'
