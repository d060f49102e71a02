-- How fast a lane of a channel has been: its messages per second, from the newest lanes of this packet, otherwise of its client. One row; null if
-- none has sent enough to tell. Parameters: client_id, packet_id, lane (the titles of the channel's lanes, as a pattern).
select (sum(sent) / nullif(sum(seconds), 0))::float8 as per_lane
from (
    select
        coalesce(rows_out, rows_done) as sent,
        extract(epoch from coalesce(ended_at, clock_timestamp()) - started_at) as seconds
    from packet_step
    where
        client_id = :client_id and step = 'dispatch' and lane like :lane
        and started_at > now() - interval '30 days' and coalesce(rows_out, rows_done) >= 50
    order by packet_id = :packet_id desc, started_at desc
    limit 8
) as newest
