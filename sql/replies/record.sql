-- Records what replies mean and whose they are. Grain: a reply.
-- Parameters: parallel arrays ids, client_ids, sender_ids, message_ids, packet_ids, row_nos, kinds, meant, unsure, outcomes.
update reply
set client_id = reading.client_id, sender_id = reading.sender_id, message_id = reading.message_id, packet_id = reading.packet_id,
    row_no = reading.row_no, kind = reading.kind, meant = reading.meant, unsure = reading.unsure, outcome = reading.outcome
from unnest(
    cast(:ids as uuid[]), cast(:client_ids as uuid[]), cast(:sender_ids as uuid[]), cast(:message_ids as uuid[]),
    cast(:packet_ids as uuid[]), cast(:row_nos as int[]), cast(:kinds as text[]), cast(:meant as text[]), cast(:unsure as boolean[]),
    cast(:outcomes as text[])
) as reading (id, client_id, sender_id, message_id, packet_id, row_no, kind, meant, unsure, outcome)
where reply.id = reading.id and reply.outcome is null
