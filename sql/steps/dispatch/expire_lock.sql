-- Locks the messages whose deadline passed before a lane reached them (B9). A lane runs this at the start of each walk; the claim itself
-- skips messages past their deadline. Grain: one message. Parameters: packet_id, channel.
select id
from message
where packet_id = :packet_id and channel = :channel and state = 'ready' and expires_at <= packetboat_now()
for update skip locked
