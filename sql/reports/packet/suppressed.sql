-- Why messages of a packet were suppressed. Grain: a reason. Parameter: packet_id.
select coalesce(error_code, 'suppressed') as reason, count(*) as messages
from message
where packet_id = :packet_id and state = 'suppressed'
group by 1
order by messages desc, reason
