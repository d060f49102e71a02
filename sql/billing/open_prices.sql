-- Locks the messages of a packet that may still go out and cost something, and adds up what they cost. One row. Parameter: packet_id.
select count(*) as messages, cast(coalesce(sum(price_minor), 0) as bigint) as total_minor
from (
    select price_minor
    from message
    where packet_id = :packet_id and price_minor <> 0 and state in ('ready', 'sending', 'unknown')
    order by id
    for update
) as locked
