-- Locks the next messages whose deadline passed before a lane reached them (B9), at most `limit`. A lane runs this at the start of each walk,
-- until it locks fewer; the claim itself skips them. It reads the claim index up to now alone: under row-level security,
-- the bare function could not be a condition of the index, since its cast of text is not leakproof.
-- Grain: one message. Parameters: packet_id, channel, limit.
select id
from message
where packet_id = :packet_id and channel = :channel and state = 'ready' and expires_at <= (select packetboat_now())
limit :limit
for update skip locked
