-- The channels of a packet that waits for credit wait: no lane starts, and what passes its deadline meanwhile expires. Part of assembly.
-- Grain: a channel. Parameters: packet_id, client_id.
insert into channel_wait (packet_id, channel, client_id, code, until)
select :packet_id, channel, :client_id, 'awaiting_credit', least(max(expires_at), packetboat_now() + interval '1 year')
from assemble_message
where problem is null and state = 'ready'
group by channel
