-- Moves locked messages to the states that events/choose_moves chose. Grain: one message.
-- Parameters: parallel arrays: message_ids, states, ranks, error_codes.
update message
set state = move.state, event_rank = move.rank, error_code = move.error_code, state_at = now()
from unnest(cast(:message_ids as uuid[]), cast(:states as text[]), cast(:ranks as smallint[]), cast(:error_codes as text[]))
    as move (message_id, state, rank, error_code)
where message.id = move.message_id
