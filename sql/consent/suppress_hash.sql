-- Suppresses an address that is known by its hash alone, or keeps that the person said so again (consent/suppress). Returns a row if it is new.
-- Parameters: client_id, channel, address_hash, reason, source.
with kept as (
    insert into suppression (client_id, channel, address_hash, reason, source)
    values (:client_id, :channel, :address_hash, :reason, :source)
    on conflict (client_id, channel, address_hash, reason) do update
    set last_at = excluded.last_at, source = excluded.source
    where suppression.reason in ('opted_out', 'unsubscribed') and suppression.last_at < excluded.last_at
    returning new.id, old.id is null as is_new
)
select id from kept where is_new
