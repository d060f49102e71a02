-- Suppresses the address of each person who opted out or complained, for this client and channel. Grain: one row per event.
-- Parameters: event_ids and attempt_ids (two parallel arrays).
insert into suppression (client_id, channel, address, reason, source)
select distinct on (message.client_id, message.channel, comparable_address(message.address))
    message.client_id, message.channel, comparable_address(message.address),
    case event_inbox.opt_out when 'complained' then 'complained' else 'opted_out' end,
    event_inbox.provider || ' event'
from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
join event_inbox on event_inbox.id = matched.event_id
join attempt on attempt.id = matched.attempt_id
join message on message.id = attempt.message_id
where event_inbox.opt_out is not null
order by message.client_id, message.channel, comparable_address(message.address), event_inbox.id
on conflict (client_id, channel, address) do nothing
