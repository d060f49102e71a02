-- What became of each row of a packet: held when anything holds it, else as its messages say, else waiting. A row with several messages
-- counts by the first outcome that one of them has, in the order of `outcomes`. This is the grain that totals, screens and the
-- client's answer file share; every row of the file comes out exactly once.
-- Grain: one row per row of the file. Parameters: packet_id; message_states and state_outcomes (two arrays side by side: the outcome
-- of each message state); outcomes (array, the strongest first).
with told as (
    select message.row_no, min(array_position(cast(:outcomes as text[]), meaning.outcome)) as strongest
    from message
    join unnest(cast(:message_states as text[]), cast(:state_outcomes as text[])) as meaning (state, outcome)
        on meaning.state = message.state
    where message.packet_id = :packet_id
    group by message.row_no
),
held as (
    select distinct row_no from held_row where packet_id = :packet_id
)
select
    data_packet_row.row_no,
    data_packet_row.line_no,
    case
        when held.row_no is not null then 'held'
        else coalesce((cast(:outcomes as text[]))[told.strongest], 'waiting')
    end as outcome
from data_packet_row
left join held on held.row_no = data_packet_row.row_no
left join told on told.row_no = data_packet_row.row_no
where data_packet_row.packet_id = :packet_id
