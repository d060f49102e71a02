-- The next messages of one channel of a packet that were accepted and have no final report, although their call is old enough for one and
-- recent enough to be asked about: the newest one that was accepted, since those after it may have been given back. Grain: one message, in the
-- order of the claim index. `attempt_id`: null for a call with several messages, whose reports name theirs.
-- Parameters: packet_id, channel, after_expires, after_row, since, until, limit.
select
    cast(message.expires_at as text) as expires_at, message.row_no, call.provider, call.provider_ref,
    case when call.messages = 1 then call.attempt_id end as attempt_id
from message
cross join lateral (
    select attempt.id as attempt_id, call.provider, call.provider_ref, call.messages, call.claimed_at
    from attempt
    join provider_call as call on call.id = attempt.call_id
    where attempt.message_id = message.id and call.state = 'accepted'
    order by attempt.attempt_no desc
    limit 1
) as call
where
    message.packet_id = :packet_id and message.channel = :channel and message.state in ('accepted', 'sent')
    and (message.expires_at, message.row_no) > (cast(:after_expires as timestamptz), cast(:after_row as integer))
    and call.provider_ref is not null
    and call.claimed_at between :since and :until
order by message.expires_at, message.row_no
limit :limit
