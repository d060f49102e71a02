-- Locks the messages that are moved next, after their calls. A statement of its own, with the ids by value: decision 15.
-- Grain of the answer: one row. Parameter: message_ids (each may be there several times).
with locked as materialized (
    select id from message where id = any(cast(:message_ids as uuid[])) order by id for update
)
select count(*) as messages from locked
