-- Stores the events of several callbacks before they are processed, and the signatures that do not cover their bodies. If a provider repeats an
-- event, nothing changes. A signature that came with another body before is not remembered again, and its events are not stored. A second
-- callback with the same signature waits for the first.
-- Grain: a row with the unique_key of each new event, and one with the digest (hex) of each signature that is good for its body.
-- Parameters: events and signatures (JSON arrays; binary values in hex; the key `signature` of an event is the digest of its signature).
with remembered as (
    insert into hook_signature (digest, body_digest, until)
    select decode(digest, 'hex'), decode(body_digest, 'hex'), until
    from json_to_recordset(cast(:signatures as json)) as signed (digest text, body_digest text, until timestamptz)
    on conflict (digest) do update
    set until = excluded.until
    where hook_signature.body_digest = excluded.body_digest
    returning digest
),
stored as (
    insert into event_inbox
        (provider, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out, raw)
    select provider, unique_key, state, rank, attempt_id, provider_ref, address, occurred_at, error_code, opt_out, raw
    from json_to_recordset(cast(:events as json)) as event (
        provider text, unique_key text, state text, rank smallint, attempt_id uuid, provider_ref text, address text, occurred_at timestamptz,
        error_code text, opt_out text, raw jsonb, signature text
    )
    where signature is null or decode(signature, 'hex') in (select digest from remembered)
    on conflict (unique_key) do nothing
    returning id, unique_key
),
opened as (
    insert into open_event (inbox_id)
    select id from stored
)
select unique_key, null as digest from stored
union all
select null, encode(digest, 'hex') from remembered
