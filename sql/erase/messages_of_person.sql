-- The messages of some rows of a packet. Grain: a message. Parameters: packet_id, row_nos.
select channel, address, subject, body, parts, state, state_at
from message
where packet_id = :packet_id and row_no = any(cast(:row_nos as int[]))
order by row_no, step_no, channel
