-- Suppresses the address of each person who opted out, complained, or cannot be reached any more, for this client and channel.
-- Grain: an address and a reason; returns those that are new. Parameters: event_ids and attempt_ids (two parallel arrays).
insert into suppression (client_id, channel, address, reason, source)
select distinct on (message.client_id, message.channel, comparable_address(message.address), wish.reason)
    message.client_id, message.channel, comparable_address(message.address), wish.reason, event_inbox.provider || ' event'
from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
join event_inbox on event_inbox.id = matched.event_id
join attempt on attempt.id = matched.attempt_id
join message on message.id = attempt.message_id
cross join lateral (
    select case when event_inbox.opt_out in ('complained', 'unsubscribed', 'hard_bounce') then event_inbox.opt_out else 'opted_out' end
) as wish (reason)
where event_inbox.opt_out is not null
order by message.client_id, message.channel, comparable_address(message.address), wish.reason, event_inbox.id
on conflict (client_id, channel, address_hash, reason) do nothing
returning address, reason, source
