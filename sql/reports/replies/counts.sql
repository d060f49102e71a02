-- What the people of a packet answered. Each person counts once, with the newest answer; a machine is nobody. Grain: a kind.
-- Parameter: packet_id.
select kind, count(*) as people, count(*) filter (where unsure and handled_at is null) as to_read
from (
    select distinct on (row_no, channel, from_address) kind, unsure, handled_at
    from reply
    where packet_id = :packet_id and kind <> 'automatic'
    order by row_no, channel, from_address, received_at desc, id desc
) as newest
group by kind
order by kind
