-- The proof that settled packets still add up: rows, messages, attempts, calls and totals are counted again and compared.
-- Grain: a packet and a flaw, with the number of cases; a packet that adds up has none. pipelines/reports/needs.py explains each flaw.
-- Parameters: packet_ids; message_states and state_outcomes (two parallel arrays: the outcome of each message state); outcomes
-- (array, strongest first), as in steps/settle/totals.
-- {counts}: count(*) filter (where in_file and outcome = 'sent') as sent, … ; {pairs}: (coalesce(counted.sent, 0), total.sent), …
with packet as materialized (
    select
        packet.id, loaded.rows_in as loaded, exists (select from pause where packet_id = packet.id and final) as cancelled
    from data_packet as packet
    left join lateral (
        select rows_in
        from packet_step
        where packet_id = packet.id and step = 'load' and state in ('done', 'kept')
        order by attempt desc
        limit 1
    ) as loaded on true
    where packet.id = any(cast(:packet_ids as uuid[])) and packet.state = 'settled'
),
packet_message as materialized (
    select message.id, message.packet_id, message.row_no, message.state, message.attempt_no,
        -- It failed for a passing reason, and the next attempt was not made.
        coalesce(message.failed_attempt_no, 0) = message.attempt_no as gave_way
    from message
    join packet on packet.id = message.packet_id
),
messaged as (
    select
        packet_message.packet_id, packet_message.row_no, count(*) as messages,
        count(*) filter (where packet_message.state in ('ready', 'sending')) as still_open,
        min(array_position(cast(:outcomes as text[]), meaning.outcome)) as strongest,
        bool_or(packet_message.state = 'expired') as late
    from packet_message
    join unnest(cast(:message_states as text[]), cast(:state_outcomes as text[])) as meaning (state, outcome)
        on meaning.state = packet_message.state
    group by packet_message.packet_id, packet_message.row_no
),
held as (
    select distinct held_row.packet_id, held_row.row_no
    from held_row
    join packet on packet.id = held_row.packet_id
),
read as (
    select data_packet_row.packet_id, data_packet_row.row_no
    from data_packet_row
    join packet on packet.id = data_packet_row.packet_id
),
row_outcome as (
    select
        coalesce(read.packet_id, messaged.packet_id) as packet_id,
        read.packet_id is not null as in_file,
        held.packet_id is not null as is_held,
        coalesce(messaged.messages, 0) as messages,
        coalesce(messaged.still_open, 0) as still_open,
        messaged.late,
        packet.cancelled,
        case
            when held.packet_id is not null then 'held'
            else coalesce((cast(:outcomes as text[]))[messaged.strongest], case when packet.cancelled then 'cancelled' else 'waiting' end)
        end as outcome
    from read
    full join messaged on messaged.packet_id = read.packet_id and messaged.row_no = read.row_no
    left join held on held.packet_id = read.packet_id and held.row_no = read.row_no
    join packet on packet.id = coalesce(read.packet_id, messaged.packet_id)
),
counted as (
    select
        packet_id,
        count(*) filter (where in_file) as rows_in,
        {counts},
        count(*) filter (where in_file and late) as late,
        count(*) filter (where in_file and not is_held and messages = 0 and not cancelled) as without_outcome,
        count(*) filter (where is_held and messages > 0) as held_with_message,
        coalesce(sum(messages) filter (where not in_file), 0) as without_row,
        sum(still_open) as still_open
    from row_outcome
    group by packet_id
),
-- The differences by outcome. What one outcome lost, another gained, so the larger of the two sums counts each row once. `late` is counted
-- beside the outcomes, whatever became of the row, so it is compared by itself.
moved as (
    select
        packet.id as packet_id, total.packet_id is null as missing,
        coalesce(sum(greatest(pair.counted - pair.kept, 0)), 0) as more,
        coalesce(sum(greatest(pair.kept - pair.counted, 0)), 0) as fewer,
        coalesce(abs(coalesce(counted.late, 0) - total.late), 0) as late
    from packet
    left join counted on counted.packet_id = packet.id
    left join packet_total as total on total.packet_id = packet.id
    cross join lateral (
        values {pairs}
    ) as pair (counted, kept)
    group by packet.id, total.packet_id, counted.late, total.late
),
try as materialized (
    select
        packet_message.packet_id, packet_message.id as message_id, attempt.attempt_no, call.state as call_state,
        call.id is null as without_call
    from packet_message
    join attempt on attempt.message_id = packet_message.id
    left join provider_call as call on call.id = attempt.call_id
),
-- Every message must have as many attempts as attempt_no says, each with its call, and an answer or an event that explains its state.
-- After the provider accepted a message, only an event can explain its state.
message_fate as (
    select
        packet_message.packet_id,
        abs(packet_message.attempt_no - coalesce(tries.made, 0)) + coalesce(tries.without_call, 0) as tries_lost,
        packet_message.state not in ('ready', 'sending')
        and not coalesce(
            case packet_message.state
                when 'accepted' then tries.last_call = 'accepted'
                when 'unknown' then tries.last_call = 'unknown'
                when 'failed' then tries.last_call = 'refused'
                when 'suppressed' then packet_message.gave_way or coalesce(tries.last_call not in ('accepted', 'unknown'), true)
                when 'expired' then packet_message.gave_way or coalesce(tries.last_call not in ('accepted', 'unknown'), true)
                when 'cancelled' then packet_message.gave_way or coalesce(tries.last_call not in ('accepted', 'unknown'), true)
            end,
            false
        )
        and not exists (
            select from message_event where message_id = packet_message.id and message_event.state = packet_message.state
        ) as unexplained
    from packet_message
    left join (
        select
            try.message_id, count(*) as made, count(*) filter (where try.without_call) as without_call,
            (array_agg(try.call_state order by try.attempt_no desc))[1] as last_call
        from try
        group by try.message_id
    ) as tries on tries.message_id = packet_message.id
),
fates as (
    select packet_id, sum(tries_lost) as tries_lost, count(*) filter (where unexplained) as unexplained
    from message_fate
    group by packet_id
),
-- Attempts without a message: only their call tells their packet.
orphans as (
    select call.packet_id, count(*) as tries
    from provider_call as call
    join packet on packet.id = call.packet_id
    join attempt on attempt.call_id = call.id
    where not exists (select from message where id = attempt.message_id)
    group by call.packet_id
)
select packet.id as packet_id, flaw.code, flaw.cases
from packet
join moved on moved.packet_id = packet.id
left join counted on counted.packet_id = packet.id
left join fates on fates.packet_id = packet.id
left join orphans on orphans.packet_id = packet.id
cross join lateral (
    values
        ('rows_differ', abs(coalesce(packet.loaded, counted.rows_in, 0) - coalesce(counted.rows_in, 0))),
        ('totals_missing', cast(moved.missing as integer)),
        ('totals_differ', case when moved.missing then 0 else greatest(moved.more, moved.fewer, moved.late) end),
        ('rows_without_outcome', coalesce(counted.without_outcome, 0)),
        ('rows_twofold', coalesce(counted.held_with_message, 0)),
        ('messages_without_row', coalesce(counted.without_row, 0)),
        ('messages_open', coalesce(counted.still_open, 0)),
        ('tries_lost', coalesce(fates.tries_lost, 0) + coalesce(orphans.tries, 0)),
        ('states_unexplained', coalesce(fates.unexplained, 0))
) as flaw (code, cases)
where flaw.cases > 0
