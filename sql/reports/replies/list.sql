-- A page of replies, newest first. Grain: a reply. Parameters: kind, outcome and packet_id (null for all), to_read (only those that a person has
-- to read), before (id of the last one shown, or null), page (replies wanted).
select
    reply.id, reply.kind, reply.meant, reply.unsure, reply.outcome, reply.channel, reply.from_address, reply.subject, reply.body,
    reply.received_at, reply.packet_id, reply.row_no, reply.forwarding, reply.handled_at, reply.handled_by,
    client.name as client, coalesce(client.time_zone, 'UTC') as time_zone, data_packet.file_name,
    coalesce(clean_row.full_name, nullif(concat_ws(' ', clean_row.first_name, clean_row.last_name), '')) as person
from reply
left join client on client.id = reply.client_id
left join data_packet on data_packet.id = reply.packet_id
left join clean_row on clean_row.packet_id = reply.packet_id and clean_row.row_no = reply.row_no
where
    reply.outcome is not null
    and (cast(:kind as text) is null or reply.kind = :kind)
    and (cast(:outcome as text) is null or reply.outcome = :outcome)
    and (cast(:packet_id as uuid) is null or reply.packet_id = :packet_id)
    and (not cast(:to_read as boolean) or (reply.unsure and reply.handled_at is null))
    and (cast(:before as uuid) is null or reply.id < :before)
order by reply.id desc
limit :page
