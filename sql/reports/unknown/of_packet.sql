-- The unknown messages of a packet: how many are looked up, when next, and about how many a person must decide.
-- Grain: one packet. Parameter: packet_id.
select
    count(*) filter (where check_row.reason is null) as checking,
    count(*) filter (where check_row.reason is not null) as undecided,
    min(check_row.next_at) filter (where check_row.reason is null) as next_at
from provider_call as call
left join call_check as check_row on check_row.call_id = call.id
join attempt on attempt.call_id = call.id
join message on message.id = attempt.message_id and message.attempt_no = attempt.attempt_no and message.state = 'unknown'
where call.packet_id = :packet_id and call.state = 'unknown'
