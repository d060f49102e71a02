-- When messages of a packet may go out: the spans that have not ended, in seconds from now. Grain: a window.
-- Parameters: packet_id, windows (their numbers).
select
    window_no,
    array_agg(extract(epoch from span.opens - packetboat_now())::float8 order by span.closes) as opens,
    array_agg(extract(epoch from span.closes - packetboat_now())::float8 order by span.closes) as closes
from send_window
cross join lateral unnest(opens, closes) as span (opens, closes)
where packet_id = :packet_id and window_no = any(cast(:windows as integer[])) and span.closes > packetboat_now()
group by window_no
