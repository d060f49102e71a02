-- Takes the next messages of one channel of one packet for a claim (reference: dispatch protocol, 3.2 step 2). A lane walks forward by
-- (expires_at, row_no) from where it stood, so it looks at no finished row twice. What another lane holds is skipped.
-- The packet's row is held still until the claim is committed: a prepare step or a stop waits for it, and a claim for them.
-- Grain of the answer: one row per message, with the packet's state on each; when there is nothing to take, one row with the state alone.
-- Rows come in the order of the walk. `suppressed`: the address has opted out since. `again`: an address may stand once in a call that
-- carries several, so its second message waits for the next one (0.9).
-- Parameters: client_id, packet_id, channel, after_expires, after_row, most, per_call, only (ids of messages; null for all).
with packet as materialized (
    select state from data_packet where id = :packet_id for share
),
due as materialized (
    select id, row_no, expires_at, address, subject, body, attempt_no
    from message
    where
        (select state from packet) in ('sending', 'settled')
        and packet_id = :packet_id and channel = :channel and state = 'ready'
        and not_before <= now() and expires_at > now()
        and (expires_at, row_no) > (cast(:after_expires as timestamptz), cast(:after_row as integer))
        and (cast(:only as uuid[]) is null or id = any(cast(:only as uuid[])))
    order by expires_at, row_no
    limit :most
    for update skip locked
)
select
    packet.state, due.id, due.row_no, cast(due.expires_at as text) as expires_at, due.address, due.subject, due.body,
    due.attempt_no,
    exists (
        select from suppression
        where suppression.client_id = :client_id and suppression.channel = :channel
            and suppression.address = due.address
    ) as suppressed,
    :per_call > 1 and row_number() over (partition by due.address order by due.expires_at, due.row_no) > 1 as again
from packet
left join due on true
order by due.expires_at, due.row_no
