-- Closes an attempt that is still open when the same step starts again: its process died. Parameters: packet_id, step, lane.
update packet_step
set state = 'failed', ended_at = clock_timestamp(), error_code = 'died', error_params = '{}'
where packet_id = :packet_id and step = :step and lane = :lane and state = 'running'
