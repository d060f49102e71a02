-- The messages of a row as they are sent, with the version of the text they were made from. Grain: a message.
-- (Series that were kept before they had a table of their own may be the same for two channels.) Parameters: packet_id, row_no.
select
    message.id, message.step_no, message.channel, message.state, message.address, message.language, message.rule,
    message.subject, message.body, nullif(message.not_before, '-infinity') as not_before,
    nullif(message.expires_at, 'infinity') as expires_at, message.error_code, message.state_at,
    template.version as template_version
from message_series
join message
    on message.id = message_id(message_series.series, cast(:row_no as int))
    and message.step_no = message_series.step_no and message.channel = message_series.channel
left join template on template.id = message.template_id
where message_series.packet_id = :packet_id
order by message_series.step_no, message_series.channel
