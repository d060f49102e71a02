-- Writes the totals of a packet: every row of the file has one outcome, and the table refuses totals that do not add up (B6).
-- A row is held when anything holds it, else as its messages say, else waiting; with several messages it counts by the first outcome that
-- one of them has, in the order of `outcomes`.
-- Grain: one packet. Parameters: client_id, packet_id; message_states and state_outcomes (two arrays side by side: the outcome of each
-- message state); outcomes (array, the strongest first).
-- {counts}: count(*) filter (where outcome = 'sent') as sent, … ; {outcomes}: sent, … ; {replaced}: sent = excluded.sent, …
-- `bare` counts rows with neither a message nor a reason for being held, `twofold` held rows that have a message all the same.
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
),
row_outcome as (
    select
        case
            when held.row_no is not null then 'held'
            else coalesce((cast(:outcomes as text[]))[told.strongest], 'waiting')
        end as outcome,
        held.row_no is null and told.row_no is null as bare,
        held.row_no is not null and told.row_no is not null as twofold
    from data_packet_row
    left join held on held.row_no = data_packet_row.row_no
    left join told on told.row_no = data_packet_row.row_no
    where data_packet_row.packet_id = :packet_id
),
counted as (
    select
        count(*) as rows_in,
        {counts},
        count(*) filter (where bare) as bare,
        count(*) filter (where twofold) as twofold
    from row_outcome
),
kept as (
    insert into packet_total (packet_id, client_id, rows_in, {outcomes}, updated_at)
    select :packet_id, :client_id, rows_in, {outcomes}, now()
    from counted
    on conflict (packet_id) do update set rows_in = excluded.rows_in, {replaced}, updated_at = excluded.updated_at
)
select * from counted
