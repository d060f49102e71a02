-- Promises further runs, `per_second` of them each second, so that a whole client's packets do not start at once. `prepared`: a run only
-- continues sending. Grain: a packet. Parameters: packet_ids, client_ids, run_ids, prepared (parallel arrays), per_second.
insert into outbox (client_id, kind, unique_key, payload, next_try_at)
select
    client_id, 'start_packet', run_id,
    jsonb_build_object('packet_id', cast(packet_id as text), 'run_id', run_id, 'prepared', prepared),
    now() + make_interval(secs => floor((place - 1) / :per_second))
from unnest(
    cast(:packet_ids as uuid[]), cast(:client_ids as uuid[]), cast(:run_ids as text[]), cast(:prepared as boolean[])
) with ordinality as started (packet_id, client_id, run_id, prepared, place)
on conflict (unique_key) do nothing
