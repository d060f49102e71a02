-- A sender of a client, active from now on; one that is there already becomes active again. The channel's other senders are paused before.
-- Parameters: client_id, channel, provider, address.
insert into sender (client_id, channel, provider, address)
values (:client_id, :channel, :provider, :address)
on conflict (client_id, channel, provider, address) do update set state = 'active'
returning id
