-- Writes a claim, before anything is sent: moves its messages, which are locked already, to sending, and writes their attempts and calls, one
-- provider_call per `per_call` messages. The calls are not begun yet.
-- One random id per claim, with the place in its last 16 bits: generating an id per row would cost more than writing the row.
-- Grain of the result: one row per message, with its place in the arrays. Parameters: client_id, packet_id, provider, channel, owner,
-- sender_id, lease_seconds, per_call, message_ids, attempt_nos (two parallel arrays; the numbers of the new attempts).
with seed as materialized (
    select cast(uuidv7() as text) as attempt_seed, cast(uuidv7() as text) as call_seed
),
numbered as materialized (
    select
        message_id, attempt_no, place,
        cast(overlay(attempt_seed placing lpad(to_hex(place - 1), 4, '0') from 33) as uuid) as attempt_id,
        cast(overlay(call_seed placing lpad(to_hex((place - 1) / :per_call), 4, '0') from 33) as uuid) as call_id
    from unnest(cast(:message_ids as uuid[]), cast(:attempt_nos as smallint[]))
        with ordinality as claimed (message_id, attempt_no, place)
    cross join seed
),
called as (
    insert into provider_call (id, client_id, packet_id, provider, channel, sender_id, messages, owner, lease_until)
    select
        call_id, :client_id, :packet_id, :provider, :channel, :sender_id, count(*), :owner,
        now() + make_interval(secs => :lease_seconds)
    from numbered
    group by call_id
),
attempted as (
    insert into attempt (id, client_id, message_id, attempt_no, call_id)
    select attempt_id, :client_id, message_id, attempt_no, call_id
    from numbered
)
update message
set state = 'sending', attempt_no = numbered.attempt_no, state_at = now()
from numbered
where message.id = numbered.message_id
returning place, attempt_id, call_id
