-- Empties the reports of providers about a packet's messages. Grain: an event.
-- Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
update event_inbox
set raw = '{}', address = null
from message_event
join message on message.id = message_event.message_id
where
    event_inbox.id = message_event.inbox_id and message_event.packet_id = :packet_id
    and message.row_no between :from_row and :to_row
    and (cast(:row_nos as int[]) is null or message.row_no = any(cast(:row_nos as int[])))
