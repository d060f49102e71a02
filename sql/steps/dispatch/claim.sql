-- Writes a claim, before anything is sent: moves its messages, which are locked already, to sending, and writes their attempts and calls, one
-- provider_call per `per_call` messages. The calls are not begun yet.
-- Grain: one message. Parameters: client_id, packet_id, provider, channel, owner, sender_id, lease_seconds, per_call, call_ids, and parallel
-- arrays: message_ids, attempt_nos and attempt_ids (of the new attempts).
with claimed as materialized (
    select message_id, attempt_no, attempt_id, (cast(:call_ids as uuid[]))[(place - 1) / :per_call + 1] as call_id
    from unnest(cast(:message_ids as uuid[]), cast(:attempt_nos as smallint[]), cast(:attempt_ids as uuid[]))
        with ordinality as one (message_id, attempt_no, attempt_id, place)
),
called as (
    insert into provider_call (id, client_id, packet_id, provider, channel, sender_id, messages, owner, lease_until)
    select
        call_id, :client_id, :packet_id, :provider, :channel, :sender_id, count(*), :owner,
        now() + make_interval(secs => :lease_seconds)
    from claimed
    group by call_id
),
attempted as (
    insert into attempt (id, client_id, message_id, attempt_no, call_id)
    select attempt_id, :client_id, message_id, attempt_no, call_id
    from claimed
)
update message
set state = 'sending', attempt_no = claimed.attempt_no, state_at = now()
from claimed
where message.id = claimed.message_id
