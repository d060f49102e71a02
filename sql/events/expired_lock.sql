-- Messages that pass their deadline while their channel waits (B9): no lane looks at them meanwhile. A lane that runs expires its own.
-- Grain: one message. Parameter: most.
select message.id
from channel_wait
join message on message.packet_id = channel_wait.packet_id and message.channel = channel_wait.channel
where
    channel_wait.until > now()
    and message.state = 'ready' and message.expires_at <= packetboat_now()
order by message.id
limit :most
for update of message skip locked
