-- A reply with all that is needed to answer or forward it. One row, or none if it was erased. Parameter: id.
select
    reply.id, reply.client_id, reply.provider, reply.channel, reply.kind, reply.from_address, reply.subject, reply.body, reply.received_at,
    reply.packet_id, reply.row_no, coalesce(message.language, client.language) as language, client.name as client, client.time_zone,
    client.language as client_language, sender.address as sender, reply_setting.contact, reply_setting.forward_by,
    reply_setting.forward_to, clean_row.external_id, own_sms.provider as sms_provider, own_sms.address as sms_sender
from reply
join client on client.id = reply.client_id
left join sender on sender.id = reply.sender_id
left join reply_setting on reply_setting.client_id = reply.client_id
left join message on message.id = reply.message_id
left join clean_row on clean_row.packet_id = reply.packet_id and clean_row.row_no = reply.row_no
left join sender as own_sms on own_sms.client_id = reply.client_id and own_sms.channel = 'sms' and own_sms.state = 'active'
where reply.id = :id and reply.from_address <> ''
order by own_sms.id
limit 1
