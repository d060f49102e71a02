-- The channels of a packet wait for credit no longer. Grain: a channel. Parameter: packet_id.
delete from channel_wait where packet_id = :packet_id and code = 'awaiting_credit'
