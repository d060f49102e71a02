-- What cancelling packets would do. `unsent`: messages that would not go out. `gone`: those that a provider has or may have, or has refused.
-- `unmade`: packets without a message, whose rows would get none. One row. Parameters: packet_ids, taken (states that a provider has taken).
select
    cast(coalesce(sum(counted.unsent), 0) as integer) as unsent,
    cast(coalesce(sum(counted.gone), 0) as integer) as gone,
    cast(coalesce(sum(counted.unknown), 0) as integer) as unknown,
    count(*) filter (where coalesce(counted.made, 0) = 0) as unmade
from unnest(cast(:packet_ids as uuid[])) as packet (id)
left join lateral (
    select
        count(*) as made,
        count(*) filter (
            where message.state = 'ready' or message.state = 'sending' and call.begun_at is null
        ) as unsent,
        count(*) filter (where message.state = any(cast(:taken as text[])) or message.state = 'sending' and call.begun_at is not null) as gone,
        count(*) filter (where message.state = 'unknown') as unknown
    from message
    left join attempt
        on attempt.message_id = message.id and attempt.attempt_no = message.attempt_no and message.state = 'sending'
    left join provider_call as call on call.id = attempt.call_id
    where message.packet_id = packet.id
) as counted on true
