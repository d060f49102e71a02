-- The messages that people may have got twice, and that nobody has noted yet, the oldest first. Grain: one attempt that was closed as not accepted and
-- proven later. Parameters: packet_id (null for all that this transaction may see), limit.
select
    late.attempt_id, late.packet_id, packet.file_name, client.slug as client, client.name as client_name, client.time_zone,
    message.channel, late.found_at, message.row_no, message.address, data_packet_row.line_no, clean_row.phone,
    coalesce(clean_row.full_name, nullif(concat_ws(' ', clean_row.first_name, clean_row.last_name), '')) as person
from late_proof as late
join data_packet as packet on packet.id = late.packet_id
join client on client.id = late.client_id
join message on message.id = late.message_id
left join data_packet_row on data_packet_row.packet_id = late.packet_id and data_packet_row.row_no = message.row_no
left join clean_row on clean_row.packet_id = late.packet_id and clean_row.row_no = message.row_no
where
    late.resent and late.noted_at is null
    and (cast(:packet_id as uuid) is null or late.packet_id = cast(:packet_id as uuid))
order by late.found_at, late.attempt_id
limit :limit
