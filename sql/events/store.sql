-- Stores the events of several callbacks before they are processed. If a provider repeats one, nothing changes.
-- Grain: one row per event. Parameters: parallel arrays: providers, raws (JSON texts), unique_keys, states, ranks, attempt_ids, provider_refs,
-- addresses, occurred_ats, error_codes, opt_outs. Returns a row per event that was new.
insert into event_inbox
    (provider, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out, raw)
select
    provider, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out,
    cast(raw as jsonb)
from unnest(
    cast(:providers as text[]), cast(:raws as text[]),
    cast(:unique_keys as text[]), cast(:states as text[]), cast(:ranks as smallint[]), cast(:attempt_ids as uuid[]),
    cast(:provider_refs as text[]), cast(:addresses as text[]), cast(:occurred_ats as timestamptz[]),
    cast(:error_codes as text[]), cast(:opt_outs as text[])
) as event (provider, raw, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out)
on conflict (unique_key) do nothing
returning unique_key
