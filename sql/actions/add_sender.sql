-- Adds an active sender to a client, or activates one that exists. The channel's active sender is paused before.
-- Parameters: client_id, channel, provider, address.
insert into sender (client_id, channel, provider, address)
values (:client_id, :channel, :provider, :address)
on conflict (client_id, channel, provider, address) do update set state = 'active'
returning id
