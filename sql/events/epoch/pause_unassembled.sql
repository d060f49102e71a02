-- Pauses the packets that were not assembled when the backup was made: they may have been assembled and sent since, and nothing of that is
-- left. A packet that is paused already stays so, with its reason. Grain: a packet. Parameters: code, begun_by.
insert into pause (client_id, packet_id, code, begun_by)
select client_id, id, :code, :begun_by
from data_packet
where state in ('received', 'preparing', 'stopped') and not exists (select from message where packet_id = data_packet.id)
on conflict (subject) where ended_at is null do nothing
returning packet_id
