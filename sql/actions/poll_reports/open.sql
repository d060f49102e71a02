-- The next messages of one channel of a packet that were accepted and have no final report, although their call is old enough for one and
-- recent enough to be asked about. Grain: one message, in the order of the claim index. `attempt_id`: null for a call with several messages,
-- whose reports name theirs. Parameters: packet_id, channel, after_expires, after_row, since, until, limit.
select
    cast(message.expires_at as text) as expires_at, message.row_no, call.provider, call.provider_ref,
    case when call.messages = 1 then attempt.id end as attempt_id
from message
join attempt on attempt.message_id = message.id and attempt.attempt_no = message.attempt_no
join provider_call as call on call.id = attempt.call_id
where
    message.packet_id = :packet_id and message.channel = :channel and message.state in ('accepted', 'sent')
    and (message.expires_at, message.row_no) > (cast(:after_expires as timestamptz), cast(:after_row as integer))
    and call.state = 'accepted' and call.provider_ref is not null
    and call.claimed_at between :since and :until
order by message.expires_at, message.row_no
limit :limit
