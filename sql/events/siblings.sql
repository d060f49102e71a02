-- The other messages of rows whose outcome may have changed. A row is found by the ids that its messages can have, one for each series of
-- its packet: no index leads from a row to its messages. Usually there is none.
-- Grain: a message. Parameters: packet_ids, row_nos (two arrays side by side; a row once), message_ids (those that are known).
select message.packet_id, message.row_no, message.state
from unnest(cast(:packet_ids as uuid[]), cast(:row_nos as integer[])) as moved (packet_id, row_no)
join message_series as series on series.packet_id = moved.packet_id
join message on message.id = message_id(series.series, moved.row_no)
where message.id <> all(cast(:message_ids as uuid[]))
