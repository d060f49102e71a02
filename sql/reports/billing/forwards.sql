-- What it cost to forward the replies to a packet, which is charged whether its messages cost anything or not.
-- Grain: a currency. Parameter: packet_id.
select currency, cast(sum(spent_minor) as bigint) as spent_minor, count(*) as replies
from journal
where packet_id = :packet_id and kind = 'forward'
group by currency
order by currency
