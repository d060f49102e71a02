-- The moves that others have to learn of: totals, and whoever follows failures. Grain: one row per message that moved.
-- Parameters: message_ids and states (two parallel arrays; the states before).
select message.id, message.packet_id, message.row_no, move.state as state_before, message.state as state_after
from unnest(cast(:message_ids as uuid[]), cast(:states as text[])) as move (message_id, state)
join message on message.id = move.message_id
