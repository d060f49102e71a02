-- The result of a packet's quality check. One row, or none when it has not run yet. Parameter: packet_id.
select success, result, created_at
from quality_result
where packet_id = :packet_id
