-- A page of the messages of a packet in the order of its rows, each with the person of its row. Grain: a message.
-- Parameters: packet_id, states (or null for all), channel (or null for all), after_row, after_step and after_channel (the last
-- message of the page before; 0, 0 and '' at the beginning), page (messages wanted).
select
    message_key.row_no, message_key.step_no, message_key.channel, message.state, message.address, message.subject, message.body,
    message.segments, message.error_code, message.state_at, data_packet_row.line_no,
    coalesce(clean_row.full_name, nullif(concat_ws(' ', clean_row.first_name, clean_row.last_name), '')) as person
from message_key
join message on message.id = message_key.message_id
join data_packet_row
    on data_packet_row.packet_id = message_key.packet_id and data_packet_row.row_no = message_key.row_no
left join clean_row on clean_row.packet_id = message_key.packet_id and clean_row.row_no = message_key.row_no
where message_key.packet_id = :packet_id
  and (message_key.row_no, message_key.step_no, message_key.channel) > (:after_row, :after_step, :after_channel)
  and (cast(:states as text[]) is null or message.state = any(cast(:states as text[])))
  and (cast(:channel as text) is null or message_key.channel = :channel)
order by message_key.row_no, message_key.step_no, message_key.channel
limit :page
