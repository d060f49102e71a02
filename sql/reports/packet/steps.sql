-- The last attempt of each step and lane of a packet. `rows_sent` is the number sent by all attempts of the lane. Grain: a step and a lane.
-- Parameter: packet_id.
select distinct on (step, lane)
    step, lane, attempt, state, started_at, ended_at, rows_expected, rows_done, rows_in, rows_out, rows_held, error_code,
    error_params, note,
    case when step = 'dispatch' then sum(coalesce(rows_out, rows_done)) over (partition by step, lane) else 0 end as rows_sent
from packet_step
where packet_id = :packet_id
order by step, lane, attempt desc
