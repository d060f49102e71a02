-- What the quality suite said of a packet. One row, or none when its check has not run yet. Parameter: packet_id.
select success, result, created_at
from quality_result
where packet_id = :packet_id
