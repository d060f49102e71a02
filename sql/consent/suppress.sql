-- Suppresses addresses for a client. Of one that is suppressed for this reason already, it is kept that the person said so again, if it is a wish
-- that the person can take back: what came before that lifts it no more. `created_at` still says since when. Without `says_so`, nobody said it
-- anew: a list that is imported every night names the same addresses.
-- In the order in which everybody suppresses (events/suppress), so that two transactions do not deadlock.
-- Grain of the result: one row per address that is new. Parameters: client_id, channel ('*' for all), addresses, reason, source, says_so.
with kept as (
    insert into suppression (client_id, channel, address, reason, source)
    select cast(:client_id as uuid), :channel, address, :reason, :source
    from (select distinct comparable_address(one) as address from unnest(cast(:addresses as text[])) as one) as wish
    order by address_hash(address)
    on conflict (client_id, channel, address_hash, reason) do update
    set last_at = excluded.last_at, source = excluded.source
    where cast(:says_so as boolean) and suppression.reason in ('opted_out', 'unsubscribed') and suppression.last_at < excluded.last_at
    returning new.id, old.id is null as is_new
)
select id from kept where is_new
