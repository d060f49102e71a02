-- Claims the next messages of one channel of one packet for a lane, before anything is sent: message to sending, one attempt each, one
-- provider_call per `per_call` messages (reference: dispatch protocol, 3.2 step 2). A lane walks forward by (expires_at, row_no) from
-- where it stood, so it looks at no finished row twice. What another lane holds is skipped; who has opted out since is suppressed; an
-- address may stand once in a call that carries several, so its second message waits for the next one (0.9).
-- The packet's row is held still until the claim is committed: a prepare step or a stop waits for it, and a claim for them.
-- Grain of the answer: one row per message looked at, with the packet's state on each; attempt_id is null where it was not claimed. When
-- there is nothing to look at, one row with the state alone. Rows come in the order of the walk.
-- Parameters: client_id, packet_id, channel, provider, owner, lease_seconds, after_expires, after_row, most, per_call,
-- split_call (only what is left of this call, which the provider refused as a whole; null for everything).
with packet as materialized (
    select state from data_packet where id = :packet_id for share
),
due as (
    select id, row_no, expires_at, address
    from message
    where
        (select state from packet) in ('sending', 'settled')
        and packet_id = :packet_id and channel = :channel and state = 'ready'
        and not_before <= now() and expires_at > now()
        and (expires_at, row_no) > (cast(:after_expires as timestamptz), cast(:after_row as integer))
        and (
            cast(:split_call as uuid) is null
            or id in (select message_id from attempt where call_id = cast(:split_call as uuid))
        )
    order by expires_at, row_no
    limit :most
    for update skip locked
),
judged as (
    select
        due.id,
        exists (
            select from suppression
            where suppression.client_id = :client_id and suppression.channel = :channel
                and suppression.address = due.address
        ) as suppressed,
        :per_call > 1 and row_number() over (partition by address order by expires_at, row_no) > 1 as again
    from due
),
taken as (
    update message
    set
        state = case when judged.suppressed then 'suppressed' else 'sending' end,
        attempt_no = attempt_no + case when judged.suppressed then 0 else 1 end,
        state_at = now()
    from judged
    where message.id = judged.id and (judged.suppressed or not judged.again)
    returning message.id, message.state, message.attempt_no, message.row_no, message.expires_at, message.subject, message.body
),
in_order as (
    select id, attempt_no, subject, body, row_number() over (order by expires_at, row_no) - 1 as place
    from taken
    where state = 'sending'
),
-- One random id per claim, with the place in its last 16 bits: drawing one for each would cost more than writing the row.
seed as materialized (
    select cast(uuidv7() as text) as attempt_seed, cast(uuidv7() as text) as call_seed
),
numbered as materialized (
    select
        id, attempt_no, subject, body,
        cast(overlay(attempt_seed placing lpad(to_hex(place), 4, '0') from 33) as uuid) as attempt_id,
        cast(overlay(call_seed placing lpad(to_hex(place / :per_call), 4, '0') from 33) as uuid) as call_id
    from in_order
    cross join seed
),
call as (
    select call_id, count(*) as messages from numbered group by call_id
),
called as (
    insert into provider_call (id, client_id, packet_id, provider, channel, messages, owner, lease_until)
    select
        call_id, :client_id, :packet_id, :provider, :channel, messages, :owner,
        now() + make_interval(secs => :lease_seconds)
    from call
),
attempted as (
    insert into attempt (id, client_id, message_id, attempt_no, call_id)
    select attempt_id, :client_id, id, attempt_no, call_id
    from numbered
)
select
    packet.state, due.row_no, cast(due.expires_at as text) as expires_at, due.address, numbered.attempt_id, numbered.call_id,
    numbered.subject, numbered.body
from packet
left join due on true
left join numbered on numbered.id = due.id
order by due.expires_at, due.row_no
