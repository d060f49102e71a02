-- How many other messages of the packet go to the address of each message of a row, and the first of their rows.
-- Grain: a message of the row to whose address others go. Parameters: packet_id, row_no.
select
    own.id as message_id, count(*) as messages,
    min(other.row_no) as row_no
from message_series
join message as own
    on own.id = message_id(message_series.series, cast(:row_no as int))
    and own.step_no = message_series.step_no and own.channel = message_series.channel
join message as other
    on other.id between message_id(message_series.series, 0) and message_id(message_series.series, 2147483647)
    and other.step_no = own.step_no and other.channel = own.channel and other.address = own.address and other.id <> own.id
where message_series.packet_id = :packet_id
group by own.id
