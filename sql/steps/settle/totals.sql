-- Writes the totals of a packet: every row of the file has one outcome, and the table refuses totals that do not add up (B6).
-- A row with a held_row is held, else its messages decide, else it is waiting, or cancelled with its packet. Of several messages, the one whose outcome comes first in
-- `outcomes` decides.
-- Grain: one packet. Parameters: client_id, packet_id; message_states and state_outcomes (two parallel arrays: the outcome of each
-- message state); outcomes (array, strongest first).
-- {counts}: count(*) filter (where outcome = 'sent') as sent, … ; {outcomes}: sent, … ; {replaced}: sent = excluded.sent, …
-- `late` counts the rows of which a message was too late, whatever became of the others; `without_outcome` counts rows with neither a message nor a held_row of a packet that is not cancelled, `held_with_message` rows with both.
with pause as materialized (
    select exists (select from pause where packet_id = :packet_id and final) as final
),
messaged as (
    select
        message.row_no, min(array_position(cast(:outcomes as text[]), meaning.outcome)) as strongest,
        bool_or(message.state = 'expired') as late
    from message
    join unnest(cast(:message_states as text[]), cast(:state_outcomes as text[])) as meaning (state, outcome)
        on meaning.state = message.state
    where message.packet_id = :packet_id
    group by message.row_no
),
held as (
    select distinct row_no from held_row where packet_id = :packet_id
),
row_outcome as (
    select
        case
            when held.row_no is not null then 'held'
            else coalesce((cast(:outcomes as text[]))[messaged.strongest], case when pause.final then 'cancelled' else 'waiting' end)
        end as outcome,
        held.row_no is null and messaged.row_no is null and not pause.final as without_outcome,
        held.row_no is not null and messaged.row_no is not null as held_with_message,
        messaged.late
    from data_packet_row
    cross join pause
    left join held on held.row_no = data_packet_row.row_no
    left join messaged on messaged.row_no = data_packet_row.row_no
    where data_packet_row.packet_id = :packet_id
),
counted as (
    select
        count(*) as rows_in,
        {counts},
        count(*) filter (where late) as late,
        count(*) filter (where without_outcome) as without_outcome,
        count(*) filter (where held_with_message) as held_with_message
    from row_outcome
),
kept as (
    insert into packet_total (packet_id, client_id, rows_in, {outcomes}, late, updated_at)
    select :packet_id, :client_id, rows_in, {outcomes}, late, now()
    from counted
    on conflict (packet_id) do update set rows_in = excluded.rows_in, {replaced}, late = excluded.late, updated_at = excluded.updated_at
)
select * from counted
