-- Suppresses the address of each person who opted out, complained, or cannot be reached any more, for this client and channel. The address of an
-- erased message stays erased: only the hash of the event's address is kept. An event that suppressed it when it was set aside does so no more.
-- A wish that is repeated is kept (consent/suppress). Grain: an address and a reason; returns those that are new.
-- Parameters: event_ids and attempt_ids (two parallel arrays), reasons (what a provider may say in our terms; all else is a wish to stop).
with wish as (
    select
        message.client_id, message.channel, nullif(comparable_address(message.address), '') as address,
        address_hash(comparable_address(coalesce(nullif(message.address, ''), event_inbox.address))) as address_hash,
        case when event_inbox.opt_out = any(cast(:reasons as text[])) then event_inbox.opt_out else 'opted_out' end as reason,
        event_inbox.provider || ' event' as source, event_inbox.id as event_id
    from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
    join event_inbox on event_inbox.id = matched.event_id
    join attempt on attempt.id = matched.attempt_id
    join message on message.id = attempt.message_id
    where
        event_inbox.opt_out is not null
        and not exists (select from open_event where inbox_id = event_inbox.id and suppressed)
),
kept as (
    insert into suppression (client_id, channel, address, address_hash, reason, source)
    select distinct on (client_id, channel, address_hash, reason) client_id, channel, address, address_hash, reason, source
    from wish
    where address_hash is not null
    order by client_id, channel, address_hash, reason, event_id
    on conflict (client_id, channel, address_hash, reason) do update
    set last_at = excluded.last_at, source = excluded.source
    where suppression.reason in ('opted_out', 'unsubscribed') and suppression.last_at < excluded.last_at
    returning old.id is null as is_new, new.address, new.address_hash, new.reason, new.source
)
select address, address_hash, reason, source from kept where is_new
