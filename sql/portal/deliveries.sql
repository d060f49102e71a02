-- What has become of the messages of a packet so far, per channel. Parameter: packet_id.
select
    channel,
    count(*) filter (where state in ('accepted', 'sent', 'delivered', 'undelivered')) as taken,
    count(*) filter (where state = 'delivered') as delivered,
    count(*) filter (where state in ('undelivered', 'failed')) as failed
from message
where packet_id = :packet_id
group by channel
order by channel
