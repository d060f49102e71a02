-- The calls of a packet that wait for a person's decision and whose messages were due in a span of time. A call is made when its last message is
-- due; a message without a schedule is due when its packet arrives. One that was tried before waited for a while, and somebody may have lifted
-- that (start_again/lift_delays) after the backup from which we know it was made: it may have been due at any time since its packet arrived.
-- Grain: one call. Parameters: packet_id, since and until (null: no limit).
select call.id, call.messages
from call_check as check_row
join provider_call as call on call.id = check_row.call_id and call.state = 'unknown'
join data_packet as packet on packet.id = call.packet_id
cross join lateral (
    select
        max(greatest(message.not_before, packet.received_at)) as due_at,
        max(case when attempt.attempt_no > 1 then packet.received_at else greatest(message.not_before, packet.received_at) end) as first_at
    from attempt
    join message on message.id = attempt.message_id
    where attempt.call_id = call.id
) as due
where
    call.packet_id = :packet_id and check_row.reason is not null and check_row.decision is null
    and (cast(:since as timestamptz) is null or due.first_at >= cast(:since as timestamptz))
    and (cast(:until as timestamptz) is null or due.due_at < cast(:until as timestamptz))
order by call.id
