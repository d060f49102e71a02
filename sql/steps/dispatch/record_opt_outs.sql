-- Somebody whom the provider reports as opted out is not written to again on this channel by this client.
-- Grain: one address. Parameters: owner, call_ids (calls with such an answer, of which those count that this transaction has recorded).
insert into suppression (client_id, channel, address, reason, source)
select distinct message.client_id, message.channel, comparable_address(message.address), 'opted_out', 'provider answer'
from attempt
join provider_call on provider_call.id = attempt.call_id and provider_call.owner = :owner and provider_call.recorded_at = now()
join message on message.id = attempt.message_id
where attempt.call_id = any(cast(:call_ids as uuid[]))
on conflict (client_id, channel, address) do nothing
