-- Tells somebody of a provider that refuses our account, or that has been in trouble for a while. Grain: one packet.
-- Parameters: packet_id, channel, cases (messages that wait), patience_seconds.
insert into packet_alarm (packet_id, client_id, code, cases)
select packet_id, client_id, code, :cases
from channel_wait
where
    packet_id = :packet_id and channel = :channel and code <> 'due_later'
    and (code = 'provider_down' or since < now() - make_interval(secs => :patience_seconds))
on conflict (packet_id, code) do update set cases = excluded.cases
