-- The proof that settled packets still add up: rows, messages, tries, calls and totals are counted anew and held against each other.
-- Grain: a packet and a flaw, with how many cases; a packet that adds up has none. What each flaw means: pipelines/reports/needs.py.
-- Parameters: packet_ids; message_states and state_outcomes (two arrays side by side: the outcome of each message state); outcomes
-- (array, the strongest first), as settle has them (steps/settle/totals).
-- {counts}: count(*) filter (where there and outcome = 'sent') as sent, … ; {pairs}: (coalesce(counted.sent, 0), total.sent), …
with packet as materialized (
    select packet.id, loaded.rows_in as loaded
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
written as materialized (
    select message.id, message.packet_id, message.row_no, message.state, message.attempt_no
    from message
    join packet on packet.id = message.packet_id
),
told as (
    select
        written.packet_id, written.row_no, count(*) as messages,
        count(*) filter (where written.state in ('ready', 'sending')) as still_open,
        min(array_position(cast(:outcomes as text[]), meaning.outcome)) as strongest
    from written
    join unnest(cast(:message_states as text[]), cast(:state_outcomes as text[])) as meaning (state, outcome)
        on meaning.state = written.state
    group by written.packet_id, written.row_no
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
row_fate as (
    select
        coalesce(read.packet_id, told.packet_id) as packet_id,
        read.packet_id is not null as there,
        held.packet_id is not null as is_held,
        coalesce(told.messages, 0) as messages,
        coalesce(told.still_open, 0) as still_open,
        case
            when held.packet_id is not null then 'held'
            else coalesce((cast(:outcomes as text[]))[told.strongest], 'waiting')
        end as outcome
    from read
    full join told on told.packet_id = read.packet_id and told.row_no = read.row_no
    left join held on held.packet_id = read.packet_id and held.row_no = read.row_no
),
counted as (
    select
        packet_id,
        count(*) filter (where there) as rows_in,
        {counts},
        count(*) filter (where there and not is_held and messages = 0) as bare,
        count(*) filter (where is_held and messages > 0) as twofold,
        coalesce(sum(messages) filter (where not there), 0) as rowless,
        sum(still_open) as still_open
    from row_fate
    group by packet_id
),
-- Rows that one side has more of, outcome by outcome: what one outcome lost another gained, so the larger sum counts each row once.
moved as (
    select
        packet.id as packet_id, total.packet_id is null as missing,
        coalesce(sum(greatest(pair.now_there - pair.kept, 0)), 0) as more,
        coalesce(sum(greatest(pair.kept - pair.now_there, 0)), 0) as fewer
    from packet
    left join counted on counted.packet_id = packet.id
    left join packet_total as total on total.packet_id = packet.id
    cross join lateral (
        values {pairs}
    ) as pair (now_there, kept)
    group by packet.id, total.packet_id
),
try as materialized (
    select
        written.packet_id, written.id as message_id, attempt.attempt_no, call.state as call_state,
        call.id is null as without_call
    from written
    join attempt on attempt.message_id = written.id
    left join provider_call as call on call.id = attempt.call_id
),
-- What every message must have: as many tries as it counts, each with its call, and an answer or a report that explains its state.
-- Only a report can explain what became of a message after the provider took it.
message_fate as (
    select
        written.packet_id,
        abs(written.attempt_no - coalesce(tries.made, 0)) + coalesce(tries.without_call, 0) as tries_lost,
        written.state not in ('ready', 'sending')
        and not coalesce(
            case written.state
                when 'accepted' then tries.last_call = 'accepted'
                when 'unknown' then tries.last_call = 'unknown'
                when 'failed' then tries.last_call = 'refused'
                when 'suppressed' then coalesce(tries.last_call not in ('accepted', 'unknown'), true)
                when 'expired' then coalesce(tries.last_call not in ('accepted', 'unknown'), true)
                when 'cancelled' then coalesce(tries.last_call not in ('accepted', 'unknown'), true)
            end,
            false
        )
        and not exists (
            select from message_event where message_id = written.id and message_event.state = written.state
        ) as unexplained
    from written
    left join (
        select
            try.message_id, count(*) as made, count(*) filter (where try.without_call) as without_call,
            (array_agg(try.call_state order by try.attempt_no desc))[1] as last_call
        from try
        group by try.message_id
    ) as tries on tries.message_id = written.id
),
fates as (
    select packet_id, sum(tries_lost) as tries_lost, count(*) filter (where unexplained) as unexplained
    from message_fate
    group by packet_id
),
-- Tries whose message is gone: only their call still says whose they were.
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
        ('totals_differ', case when moved.missing then 0 else greatest(moved.more, moved.fewer) end),
        ('rows_without_outcome', coalesce(counted.bare, 0)),
        ('rows_twofold', coalesce(counted.twofold, 0)),
        ('messages_without_row', coalesce(counted.rowless, 0)),
        ('messages_open', coalesce(counted.still_open, 0)),
        ('tries_lost', coalesce(fates.tries_lost, 0) + coalesce(orphans.tries, 0)),
        ('states_unexplained', coalesce(fates.unexplained, 0))
) as flaw (code, cases)
where flaw.cases > 0
