-- The calls of a claim, each with its sender and up to `samples` of its messages: a call is accepted as a whole or not at all.
-- Grain: one message. `valuable`: its campaign says that it must not be repeated without a person. Parameters: call_ids, samples.
select
    call.id as call_id, call.packet_id, call.provider, call.channel, sender.address as sender, call.claimed_at, call.begun_at, call.lease_until,
    sample.attempt_id, sample.address, sample.body, check_row.empty, check_row.empty_at, check_row.failures,
    coalesce(cast(version.details ->> 'valuable' as boolean), false) as valuable
from provider_call as call
join call_check as check_row on check_row.call_id = call.id
join data_packet as packet on packet.id = call.packet_id
join campaign_version as version on version.id = packet.campaign_version_id
left join sender on sender.id = call.sender_id
cross join lateral (
    select attempt.id as attempt_id, message.address, message.body
    from attempt
    join message on message.id = attempt.message_id
    where attempt.call_id = call.id
    order by attempt.id
    limit :samples
) as sample
where call.id = any(cast(:call_ids as uuid[])) and call.state = 'unknown'
order by call.claimed_at, call.id, sample.attempt_id
