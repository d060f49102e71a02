-- Raises an alarm about messages that are longer than a day's limit, or about a provider that refuses our account or our sender or has been in
-- trouble for a while, with how many messages wait for it.
-- Grain: one packet and kind of trouble. Parameters: packet_id (null: all packets that have no such alarm yet), patience_seconds.
insert into packet_alarm (packet_id, client_id, code, cases)
select wait.packet_id, wait.client_id, wait.code, count(*)
from channel_wait as wait
join message on message.packet_id = wait.packet_id and message.channel = wait.channel and message.state = 'ready'
where
    wait.code in ('provider_busy', 'provider_down', 'provider_unclear', 'sender_refused', 'complaints', 'over_limit')
    and (wait.code in ('provider_down', 'sender_refused', 'complaints', 'over_limit') or wait.since < now() - make_interval(secs => :patience_seconds))
    and case
        when cast(:packet_id as uuid) is null
            then not exists (select from packet_alarm where packet_id = wait.packet_id and code = wait.code)
        else wait.packet_id = cast(:packet_id as uuid)
    end
group by wait.packet_id, wait.client_id, wait.code
on conflict (packet_id, code) do update set cases = excluded.cases
