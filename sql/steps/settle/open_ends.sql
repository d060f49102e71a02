-- What could prevent a packet from being settled. Grain: one packet. Parameter: packet_id.
-- `loaded` is how many rows the load step read, according to the journal. `unended` is the first step whose newest attempt did not succeed;
-- a lane counts only if it left work behind and no lane of the packet waits, and the packet is not paused. `goes_on_at` is when the
-- first waiting lane goes on.
select
    data_packet.state,
    data_packet.problem_code,
    data_packet.problem_params,
    (
        select rows_in
        from packet_step
        where packet_id = :packet_id and step = 'load' and state in ('done', 'kept')
        order by attempt desc
        limit 1
    ) as loaded,
    (
        select step
        from (
            select distinct on (step, lane) step, state, started_at, error_code
            from packet_step
            where packet_id = :packet_id and step <> 'settle'
            order by step, lane, attempt desc
        ) as newest
        where
            state not in ('done', 'kept')
            and (
                step <> 'dispatch'
                or messages.sending > 0
                or messages.ready > 0 and wait.goes_on_at is null and not pause.paused
            )
        order by started_at
        limit 1
    ) as unended,
    wait.goes_on_at,
    pause.paused,
    pause.cancelled,
    coalesce(messages.ready, 0) as ready,
    coalesce(messages.sending, 0) as sending,
    coalesce(messages.unknown, 0) as unknown
from data_packet
left join (
    select
        count(*) filter (where state = 'ready') as ready,
        count(*) filter (where state = 'sending') as sending,
        count(*) filter (where state = 'unknown') as unknown
    from message
    where packet_id = :packet_id
) as messages on true
cross join lateral (select min(until) as goes_on_at from channel_wait where packet_id = data_packet.id) as wait
cross join lateral (
    select count(*) > 0 as paused, coalesce(bool_or(final), false) as cancelled
    from paused_packet
    where packet_id = data_packet.id
) as pause
where data_packet.id = :packet_id
