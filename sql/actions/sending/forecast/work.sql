-- What a packet still has to send: its ready messages by channel, with the span of hours in which they may go, where their next spans are
-- (`hours`, see hours.sql), and their deadlines, to a quarter of an hour. Times are seconds from now (`opens` at least 0; infinite for never).
-- Places whose next 14 spans are the same have one `hours`: that of the place whose spans last longest.
-- Grain: a channel, opening, closing, hours and deadline. Parameter: packet_id.
with place as materialized (
    select
        window_no,
        first_value(window_no) over (
            partition by opens[next:next + 13], closes[next:next + 13] order by closes[cardinality(closes)] desc, window_no
        ) as hours
    from (
        select window_no, opens, closes, width_bucket(packetboat_now(), closes) + 1 as next from send_window where packet_id = :packet_id
    ) as coming
)
select
    channel,
    count(*) as messages,
    sum(coalesce(segments, 1)) as units,
    greatest(0, extract(epoch from opens - packetboat_now()))::float8 as opens,
    extract(epoch from closes_at - packetboat_now())::float8 as closes,
    extract(epoch from expires - packetboat_now())::float8 as expires,
    hours
from (
    select
        channel, segments, closes_at, hours,
        case when not_before > packetboat_now() then date_bin('15 minutes', not_before, '2000-01-01') else '-infinity' end as opens,
        case when expires_at < 'infinity' then date_bin('15 minutes', expires_at, '2000-01-01') else 'infinity' end as expires
    from message
    left join place using (window_no)
    where packet_id = :packet_id and state = 'ready'
) as ready
group by channel, opens, closes_at, expires, hours
