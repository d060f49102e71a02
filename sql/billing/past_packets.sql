-- What the last settled packets of a feed cost in the end, beside what their messages would have cost. Grain: a packet, newest first.
-- Parameters: feed_id, packet_id (this one is left out), currency, limit.
select charge.total_minor, cast(coalesce(sum(journal.spent_minor), 0) as bigint) as spent_minor
from data_packet as packet
join packet_charge as charge on charge.packet_id = packet.id and charge.state = 'reserved' and charge.total_minor > 0
left join journal on journal.packet_id = packet.id and journal.kind not in ('refund', 'forward')
where packet.feed_id = :feed_id and packet.id <> :packet_id and packet.state = 'settled' and charge.currency = :currency
group by packet.id, charge.total_minor
order by packet.id desc
limit :limit
