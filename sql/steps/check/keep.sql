-- Keeps the result of the quality suite. Parameters: packet_id, client_id, suite, success, result (JSON).
insert into quality_result (packet_id, client_id, suite, success, result)
values (:packet_id, :client_id, :suite, :success, cast(:result as jsonb))
