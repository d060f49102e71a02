-- The messages of a row as they are sent, with the version of their text, and the sender that was used last (before the first try, the one
-- that would be used; none if a call did not record it). Grain: a message. Parameters: packet_id, row_no.
-- (Two channels may share a series if it is older than the table message_series.)
select
    message.id, message.step_no, message.channel, message.state, message.address, message.language, message.rule,
    message.subject, message.body, message.parts, message.encoding, nullif(message.not_before, '-infinity') as not_before,
    message.expires_at, message.error_code, message.state_at,
    template.version as template_version,
    sender.address as sender
from message_series
join message
    on message.id = message_id(message_series.series, cast(:row_no as int))
    and message.step_no = message_series.step_no and message.channel = message_series.channel
left join template on template.id = message.template_id
left join lateral (
    select provider_call.id as call_id, provider_call.sender_id
    from attempt
    join provider_call on provider_call.id = attempt.call_id
    where attempt.message_id = message.id
    order by attempt.attempt_no desc
    limit 1
) as last_call on true
left join sender
    on case
        when last_call.call_id is not null then sender.id = last_call.sender_id
        else sender.client_id = message.client_id and sender.channel = message.channel and sender.state = 'active'
    end
where message_series.packet_id = :packet_id
order by message_series.step_no, message_series.channel
