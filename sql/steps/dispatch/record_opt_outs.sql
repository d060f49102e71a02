-- Suppresses an address that the provider reports as opted out, for this client and channel.
-- A repetition is kept, and the order is that in which everybody suppresses (consent/suppress). Grain: one address. Parameters: owner, call_ids
-- (calls with such an answer; only those that this transaction has recorded count).
insert into suppression (client_id, channel, address, reason, source)
select client_id, channel, address, 'opted_out', 'provider answer'
from (
    select distinct message.client_id, message.channel, comparable_address(message.address) as address
    from attempt
    join provider_call on provider_call.id = attempt.call_id and provider_call.owner = :owner and provider_call.recorded_at = now()
    join message on message.id = attempt.message_id
    where attempt.call_id = any(cast(:call_ids as uuid[]))
) as refused
order by address_hash(address)
on conflict (client_id, channel, address_hash, reason) do update
set last_at = excluded.last_at, source = excluded.source
where suppression.reason in ('opted_out', 'unsubscribed') and suppression.last_at < excluded.last_at
