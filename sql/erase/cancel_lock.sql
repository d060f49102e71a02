-- Locks the messages of some rows of a packet that are not out yet, or may be out. Grain: a message. Parameters: packet_id, row_nos.
select id, state
from message
where packet_id = :packet_id and row_no = any(cast(:row_nos as int[])) and state in ('ready', 'sending', 'unknown')
order by id
for update
