-- Lets a lane begin: a prepared packet goes over to sending, also one that an earlier lane stopped. A packet of which the newest try
-- of a prepare step did not end well stays as it is. Returns the state and what stopped it. Grain: one packet. Parameter: packet_id.
with unprepared as (
    select 1
    from (
        select distinct on (step) step, state
        from packet_step
        where packet_id = :packet_id and step in ('load', 'map_fields', 'clean', 'check', 'assemble')
        order by step, attempt desc
    ) as newest
    where newest.state not in ('done', 'kept')
),
opened as (
    update data_packet
    set state = 'sending', problem_code = null, problem = null
    -- 'sending' as well: of two lanes that begin together the second waits here for the first, and must then find the row.
    where id = :packet_id and state in ('received', 'preparing', 'stopped', 'sending') and not exists (select from unprepared)
    returning id
)
select
    case when exists (select from opened) then 'sending' else data_packet.state end as state,
    data_packet.problem
from data_packet
where data_packet.id = :packet_id
