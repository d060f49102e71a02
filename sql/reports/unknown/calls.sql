-- The calls whose outcome a person has to find out, the oldest first, each with its first message and the phone of that row, to call.
-- Grain: one call. `messages` is how many it carries. Parameters: packet_id (null for all that this transaction may see), limit.
select
    call.id as call_id, call.packet_id, packet.file_name, client.slug as client, client.name as client_name, client.time_zone,
    call.channel, call.provider, call.messages, check_row.reason, call.claimed_at, message.row_no, message.address, data_packet_row.line_no,
    clean_row.phone,
    coalesce(clean_row.full_name, nullif(concat_ws(' ', clean_row.first_name, clean_row.last_name), '')) as person
from call_check as check_row
join provider_call as call on call.id = check_row.call_id and call.state = 'unknown'
join data_packet as packet on packet.id = call.packet_id
join client on client.id = call.client_id
cross join lateral (
    select message.row_no, message.address
    from attempt
    join message on message.id = attempt.message_id
    where attempt.call_id = call.id
    order by attempt.id
    limit 1
) as message
left join data_packet_row on data_packet_row.packet_id = call.packet_id and data_packet_row.row_no = message.row_no
left join clean_row on clean_row.packet_id = call.packet_id and clean_row.row_no = message.row_no
where
    check_row.reason is not null and check_row.decision is null
    and (cast(:packet_id as uuid) is null or call.packet_id = cast(:packet_id as uuid))
order by call.claimed_at, call.id
limit :limit
