-- Stores the replies of one call of a provider before they are processed. If the provider repeats one, nothing changes.
-- Grain: one row per reply. Parameters: the arrays unique_keys, channels, from_addresses, subjects, bodies, automatics, and as JSON the
-- arrays to_addresses, threads and raws; provider. Returns a row per reply that was new.
insert into reply (provider, unique_key, channel, to_addresses, from_address, subject, body, thread, automatic, raw)
select
    :provider, unique_key, channel, array(select jsonb_array_elements_text(to_address)), from_address, subject, body,
    array(select jsonb_array_elements_text(thread)), automatic, raw
from unnest(
    cast(:unique_keys as text[]), cast(:channels as text[]), cast(:to_addresses as jsonb[]), cast(:from_addresses as text[]),
    cast(:subjects as text[]), cast(:bodies as text[]), cast(:threads as jsonb[]), cast(:automatics as boolean[]), cast(:raws as jsonb[])
) as reply (unique_key, channel, to_address, from_address, subject, body, thread, automatic, raw)
on conflict (unique_key) do nothing
returning id
