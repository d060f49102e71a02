-- The rows before and after a row that have a message of the chosen kind; null where there is none. One row.
-- Parameters: packet_id, row_no, states (or null for all), channel (or null for all).
select
    (
        select message_key.row_no
        from message_key
        join message on message.id = message_key.message_id
        where message_key.packet_id = :packet_id and message_key.row_no < :row_no
          and (cast(:states as text[]) is null or message.state = any(cast(:states as text[])))
          and (cast(:channel as text) is null or message_key.channel = :channel)
        order by message_key.row_no desc
        limit 1
    ) as before,
    (
        select message_key.row_no
        from message_key
        join message on message.id = message_key.message_id
        where message_key.packet_id = :packet_id and message_key.row_no > :row_no
          and (cast(:states as text[]) is null or message.state = any(cast(:states as text[])))
          and (cast(:channel as text) is null or message_key.channel = :channel)
        order by message_key.row_no
        limit 1
    ) as after
