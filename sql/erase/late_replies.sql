-- Empties the answers that came after the message was erased that they answer, with its packet or its person. Grain: an answer.
update reply
set from_address = '', subject = null, body = '', thread = '{}', raw = '{}'
from message
where
    message.id = reply.message_id and message.address = '' and reply.from_address <> ''
    and reply.packet_id in (select packet_id from packet_erasure)
