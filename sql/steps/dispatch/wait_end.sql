-- Ends the wait of a channel's lanes. Grain: one channel of one packet. Parameters: packet_id, channel.
delete from channel_wait where packet_id = :packet_id and channel = :channel
