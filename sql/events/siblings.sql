-- The other messages of rows whose outcome may have changed. They are found by the ids that a row's messages can have, one per series of its
-- packet, because no index leads from a row to its messages. Usually there are none.
-- Grain: a message. Parameters: packet_ids, row_nos (two parallel arrays; each row once), message_ids (those already known).
select message.packet_id, message.row_no, message.state
from unnest(cast(:packet_ids as uuid[]), cast(:row_nos as integer[])) as moved (packet_id, row_no)
join message_series as series on series.packet_id = moved.packet_id
join message on message.id = message_id(series.series, moved.row_no)
where message.id <> all(cast(:message_ids as uuid[]))
