-- The messages of a row as they are sent, with the version of the text they were made from. Grain: a message.
-- Parameters: packet_id, row_no.
select
    message.id, message.step_no, message.channel, message.state, message.address, message.language, message.rule,
    message.subject, message.body, nullif(message.not_before, '-infinity') as not_before,
    nullif(message.expires_at, 'infinity') as expires_at, message.error_code, message.state_at,
    template.version as template_version
from message_key
join message on message.id = message_key.message_id
left join template on template.id = message.template_id
where message_key.packet_id = :packet_id and message_key.row_no = :row_no
order by message_key.step_no, message_key.channel
