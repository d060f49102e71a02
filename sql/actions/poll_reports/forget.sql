-- Forgets packets whose reports are too old to be asked for. Grain: one channel of one packet. Parameters: now, days.
delete from report_poll
where exists (
    select from data_packet
    where id = packet_id and state not in ('preparing', 'sending') and coalesce(settled_at, received_at) < :now - make_interval(days => :days)
)
