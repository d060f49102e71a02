-- The packets whose forecast is due: those that have something to send, each minute, or after a hundredth of the time that is left; and those
-- whose end is not noted yet. Grain: a packet. Parameter: limit.
select packet.id as packet_id
from data_packet as packet
left join packet_forecast as kept on kept.packet_id = packet.id
where
    packet.state in ('preparing', 'sending', 'awaiting_credit', 'settled')
    and (packet.state <> 'settled' or kept.packet_id is not null)
    and kept.done_at is null
    and coalesce(kept.made_at, '-infinity') < now() - greatest(interval '50 seconds', (kept.all_out_at - now()) / 100)
order by kept.made_at nulls first
limit :limit
