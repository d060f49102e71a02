-- What the person of a row answered, in order of arrival. Grain: a reply. Parameters: packet_id, row_no.
select id, message_id, channel, kind, meant, unsure, subject, body, received_at, answered_at, forwarding
from reply
where packet_id = :packet_id and row_no = :row_no
order by received_at, id
