-- The last attempt of each step and lane of a packet, with the number of attempts. Parameter: packet_id.
select distinct on (step, lane)
    step, lane, attempt, state, started_at, ended_at, rows_expected, rows_done, rows_in, rows_out, rows_held, error_code,
    error_params, note
from packet_step
where packet_id = :packet_id
order by step, lane, attempt desc
