-- From now on this is the packet's run. Parameters: packet_id, run_id.
update data_packet set run_id = :run_id where id = :packet_id
