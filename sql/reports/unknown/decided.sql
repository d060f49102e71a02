-- The newest decisions about calls, with who made them. Grain: one call. Parameter: limit.
select check_row.call_id, check_row.packet_id, packet.file_name, client.time_zone, check_row.decision, check_row.decided_by, check_row.decided_at
from call_check as check_row
join data_packet as packet on packet.id = check_row.packet_id
join client on client.id = check_row.client_id
where check_row.decision is not null
order by check_row.decided_at desc
limit :limit
