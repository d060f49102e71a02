-- A packet whose credit is reserved may be sent. Parameter: packet_id.
update data_packet
set state = 'sending', problem_code = null, problem_params = null
where id = :packet_id
