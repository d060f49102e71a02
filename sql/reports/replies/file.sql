-- All answers of a packet, in the order of its rows. Grain: a reply. Parameter: packet_id.
select
    data_packet_row.line_no, clean_row.external_id,
    coalesce(clean_row.full_name, nullif(concat_ws(' ', clean_row.first_name, clean_row.last_name), '')) as person,
    reply.channel, reply.from_address, reply.kind, reply.body, reply.received_at
from reply
left join data_packet_row on data_packet_row.packet_id = reply.packet_id and data_packet_row.row_no = reply.row_no
left join clean_row on clean_row.packet_id = reply.packet_id and clean_row.row_no = reply.row_no
where reply.packet_id = :packet_id and reply.kind <> 'automatic'
order by reply.row_no, reply.id
