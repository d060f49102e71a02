-- Claims a locked channel for one batch. Grain: one channel of one packet. Parameters: packet_id, channel, owner, until.
update report_poll
set owner = :owner, next_at = :until
where packet_id = :packet_id and channel = :channel
