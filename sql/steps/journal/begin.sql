-- Opens the journal row of the next attempt. Parameters: client_id, packet_id, step, lane, run_id. Returns its id.
insert into packet_step (client_id, packet_id, step, lane, attempt, state, run_id, started_at)
select :client_id, :packet_id, :step, :lane, coalesce(max(attempt), 0) + 1, 'running', :run_id, clock_timestamp()
from packet_step
where packet_id = :packet_id and step = :step and lane = :lane
returning id
