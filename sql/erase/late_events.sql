-- Empties the reports of providers that came after their message was erased, with its packet or its person. Grain: an event.
update event_inbox
set raw = '{}', address = null
from message_event
join message on message.id = message_event.message_id and message.address = ''
where
    event_inbox.id = message_event.inbox_id and event_inbox.raw <> '{}'
    and message_event.packet_id in (select packet_id from packet_erasure)
