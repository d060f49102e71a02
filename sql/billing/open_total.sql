-- What the messages of a packet cost that may still go out. One row. Parameter: packet_id.
select count(*) as messages, cast(coalesce(sum(price_minor), 0) as bigint) as total_minor
from message
where packet_id = :packet_id and price_minor <> 0 and state in ('ready', 'sending', 'unknown')
