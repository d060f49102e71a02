-- Notes why the lanes of a channel wait; what has been the provider's trouble all along keeps the time at which it began.
-- Grain: one channel of one packet. Parameters: client_id, packet_id, channel, code, setbacks, seconds (from now). Returns until when.
insert into channel_wait as wait (packet_id, channel, client_id, code, setbacks, until)
values (:packet_id, :channel, :client_id, :code, :setbacks, now() + make_interval(secs => :seconds))
on conflict (packet_id, channel) do update
set
    code = excluded.code, setbacks = excluded.setbacks, until = excluded.until,
    since = case when wait.code <> 'due_later' and excluded.code <> 'due_later' then wait.since else now() end
returning until
