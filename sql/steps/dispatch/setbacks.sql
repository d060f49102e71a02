-- How many pauses in a row the lanes of a channel have made without a clear answer. One row or none. Parameters: packet_id, channel.
select setbacks from channel_wait where packet_id = :packet_id and channel = :channel
