-- The nearest rows before and after a row that have a message that passes the filter, or null. One row.
-- Parameters: packet_id, row_no, states (or null for all), channel (or null for all).
select
    (
        select message.row_no
        from message_series
        cross join lateral (
            select row_no
            from message
            where id < message_id(series, cast(:row_no as int)) and id > message_id(series, 0)
              and message.step_no = message_series.step_no and message.channel = message_series.channel
              and (cast(:states as text[]) is null or state = any(cast(:states as text[])))
            order by id desc
            limit 1
        ) as message
        where message_series.packet_id = :packet_id
          and (cast(:channel as text) is null or message_series.channel = :channel)
        order by message.row_no desc
        limit 1
    ) as before,
    (
        select message.row_no
        from message_series
        cross join lateral (
            select row_no
            from message
            where id > message_id(series, cast(:row_no as int)) and id <= message_id(series, 2147483647)
              and message.step_no = message_series.step_no and message.channel = message_series.channel
              and (cast(:states as text[]) is null or state = any(cast(:states as text[])))
            order by id
            limit 1
        ) as message
        where message_series.packet_id = :packet_id
          and (cast(:channel as text) is null or message_series.channel = :channel)
        order by message.row_no
        limit 1
    ) as after
