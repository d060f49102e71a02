-- Records why the lanes of a channel wait. Trouble with the provider that continues keeps the time at which it began.
-- No wait lasts longer than the last deadline: after that there is nothing to wait for.
-- `due` counts the messages that become due within the minute in which a wait for them ends.
-- Grain: one channel of one packet. Parameters: client_id, packet_id, channel, code, seconds (from now). Returns until when.
insert into channel_wait as wait (packet_id, channel, client_id, code, until, due)
select
    :packet_id, :channel, :client_id, :code,
    now() + make_interval(secs => least(
        :seconds,
        (
            select greatest(0, extract(epoch from max(expires_at) - packetboat_now())::float8)
            from message
            where packet_id = :packet_id and channel = :channel and state = 'ready'
        )
    )),
    case when :code = 'due_later' then (
        select count(*)
        from message
        where packet_id = :packet_id and channel = :channel and state = 'ready'
            and not_before < packetboat_now() + make_interval(secs => :seconds + 60)
    ) end
on conflict (packet_id, channel) do update
set
    code = excluded.code, due = excluded.due, until = excluded.until,
    since = case when wait.code not in ('due_later', 'limit_reached', 'over_limit', 'awaiting_credit') and excluded.code not in ('due_later', 'limit_reached', 'over_limit', 'awaiting_credit') then wait.since else now() end
returning until
