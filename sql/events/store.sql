-- Stores the events of one callback before they are processed. If the provider repeats one, nothing changes.
-- Grain: one row per event. Parameters: provider, raw, and the arrays unique_keys, states, ranks, attempt_ids, provider_refs, addresses,
-- occurred_ats, error_codes, opt_outs. Returns a row per event that was new.
insert into event_inbox
    (provider, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out, raw)
select
    :provider, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out,
    cast(:raw as jsonb)
from unnest(
    cast(:unique_keys as text[]), cast(:states as text[]), cast(:ranks as smallint[]), cast(:attempt_ids as uuid[]),
    cast(:provider_refs as text[]), cast(:addresses as text[]), cast(:occurred_ats as timestamptz[]),
    cast(:error_codes as text[]), cast(:opt_outs as text[])
) as event (unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out)
on conflict (unique_key) do nothing
returning id
