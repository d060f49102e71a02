-- Suppresses an address that is known by its hash alone, unless it is suppressed for this reason. Returns a row if it is new.
-- Parameters: client_id, channel, address_hash, reason, source.
insert into suppression (client_id, channel, address_hash, reason, source)
values (:client_id, :channel, :address_hash, :reason, :source)
on conflict (client_id, channel, address_hash, reason) do nothing
returning id
