-- The newest try of each step and lane of a packet, in the order of the work. Grain: one row per step and lane. Parameters: packet_id,
-- steps (array of the steps in their order).
select
    newest.step, newest.lane, newest.attempt, newest.state, newest.started_at, newest.ended_at, newest.rows_expected,
    newest.rows_done, newest.rows_in, newest.rows_out, newest.rows_held, newest.error_code, newest.error, newest.note
from (
    select distinct on (step, lane) *
    from packet_step
    where packet_id = :packet_id
    order by step, lane, attempt desc
) as newest
order by array_position(cast(:steps as text[]), newest.step), newest.lane
