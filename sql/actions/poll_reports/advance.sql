-- Records how far a channel was asked about, and when it goes on; releases the claim. Grain: one channel of one packet.
-- Parameters: packet_id, channel, owner, round, next_at, after_expires, after_row.
update report_poll
set
    round = :round, next_at = :next_at, after_expires = cast(:after_expires as timestamptz), after_row = cast(:after_row as integer),
    owner = null
where packet_id = :packet_id and channel = :channel and owner = :owner
