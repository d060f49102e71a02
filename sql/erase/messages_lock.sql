-- Locks a packet's messages before they are emptied. Grain: a message.
-- Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
select id, packet_id, row_no, state
from message
where
    packet_id = :packet_id and row_no between :from_row and :to_row
    and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])))
order by id
for update
