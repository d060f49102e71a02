-- Locks the waits for a limit before they end, in the order of packets and channels. Grain: a channel of a packet.
-- Parameters: client_id (null: of all clients), channel (null: all).
select packet_id, channel
from channel_wait
where code in ('limit_reached', 'over_limit') and (cast(:client_id as uuid) is null or client_id = cast(:client_id as uuid))
    and (cast(:channel as text) is null or channel = cast(:channel as text))
order by packet_id, channel
for update
