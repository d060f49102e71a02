-- A page of the messages of a packet in the order of its rows, each with the name of its person. Grain: a message.
-- Parameters: packet_id, states (or null for all), channel (or null for all), after_row, after_step and after_channel (the last
-- message of the previous page; 0, 0 and '' at the start), page (messages wanted).
select
    message.row_no, message.step_no, message.channel, message.state, message.address, message.subject, message.body, message.parts,
    coalesce(message.billed_segments, message.segments) as segments, message.error_code, message.state_at, data_packet_row.line_no,
    coalesce(clean_row.full_name, nullif(concat_ws(' ', clean_row.first_name, clean_row.last_name), '')) as person
from message_series
cross join lateral (
    select *
    from message
    where id >= message_id(
            message_series.series,
            cast(:after_row as int)
            + case when (message_series.step_no, message_series.channel) > (cast(:after_step as int), cast(:after_channel as text)) then 0 else 1 end
        )
      and id <= message_id(message_series.series, 2147483647)
      and message.step_no = message_series.step_no and message.channel = message_series.channel
      and (cast(:states as text[]) is null or state = any(cast(:states as text[])))
    order by id
    limit :page
) as message
join data_packet_row on data_packet_row.packet_id = message.packet_id and data_packet_row.row_no = message.row_no
left join clean_row on clean_row.packet_id = message.packet_id and clean_row.row_no = message.row_no
where message_series.packet_id = :packet_id
  and (cast(:channel as text) is null or message_series.channel = :channel)
order by message.row_no, message.step_no, message.channel
limit :page
