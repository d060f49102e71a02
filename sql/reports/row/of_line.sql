-- The messages made from a line of the file. Grain: a message. Parameters: packet_id, line_no.
select message.id, message.step_no, message.channel, message.state, message.state_at, message.error_code
from data_packet_row
join message_series on message_series.packet_id = data_packet_row.packet_id
join message
    on message.id = message_id(message_series.series, data_packet_row.row_no)
    and message.step_no = message_series.step_no and message.channel = message_series.channel
where data_packet_row.packet_id = :packet_id and data_packet_row.line_no = :line_no
order by data_packet_row.row_no, message.step_no, message.channel
