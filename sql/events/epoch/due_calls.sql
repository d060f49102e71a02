-- Writes an unknown call and attempt for each message that may have gone out after the backup: a call that nobody has a record of.
-- Parameters: message_ids, packet_ids, client_ids, channels, attempt_nos (parallel arrays).
with lost as materialized (
    select uuidv7() as call_id, lost.*, sender.id as sender_id, coalesce(sender.provider, 'unknown') as provider
    from unnest(
        cast(:message_ids as uuid[]), cast(:packet_ids as uuid[]), cast(:client_ids as uuid[]), cast(:channels as text[]),
        cast(:attempt_nos as smallint[])
    ) as lost (message_id, packet_id, client_id, channel, attempt_no)
    left join lateral (
        select id, provider
        from sender
        where sender.client_id = lost.client_id and sender.channel = lost.channel and sender.state = 'active'
        order by priority, id
        limit 1
    ) as sender on true
),
called as (
    insert into provider_call
        (id, client_id, packet_id, provider, channel, sender_id, messages, owner, lease_until, state, error_code, claimed_at, begun_at, recorded_at)
    select
        lost.call_id, lost.client_id, lost.packet_id, lost.provider, lost.channel, lost.sender_id, 1, uuidv7(), now(), 'unknown', 'restored',
        epoch.beat_at, epoch.beat_at, now()
    from lost
    cross join epoch
)
insert into attempt (client_id, message_id, attempt_no, call_id)
select client_id, message_id, attempt_no, call_id
from lost
