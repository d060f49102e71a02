-- Sets the packet's current run. Parameters: packet_id, run_id.
update data_packet set run_id = :run_id where id = :packet_id
