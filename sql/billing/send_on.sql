-- A packet whose credit is reserved may be sent. Parameters: packet_id, run_id.
update data_packet
set state = 'sending', problem_code = null, problem_params = null, run_id = :run_id
where id = :packet_id
