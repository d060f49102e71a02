-- Messages whose deadline has passed before a lane came to them (B9). A lane asks at the start of each walk; the claim itself looks at no
-- message past its deadline. Grain: one message. Parameters: packet_id, channel.
select id
from message
where packet_id = :packet_id and channel = :channel and state = 'ready' and expires_at <= packetboat_now()
for update skip locked
