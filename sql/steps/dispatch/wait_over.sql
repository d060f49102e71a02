-- The lanes of a channel do not wait for their provider any more. Grain: one channel of one packet. Parameters: packet_id, channel.
delete from channel_wait where packet_id = :packet_id and channel = :channel
