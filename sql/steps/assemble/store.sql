-- Writes the messages that messages.sql computed, each with the only id that its row can have (D2).
-- Grain: a message. Parameters: packet_id, client_id, step_no (of the schedule). Holes: id (from the series of its channel),
-- language and template_id (of its text), rule (its name).
insert into message (
    id, client_id, packet_id, row_no, step_no, channel, state, address, country, language, template_id, rule,
    subject, body, parts, segments, encoding, expires_at, error_code
)
select
    {id}, :client_id, :packet_id, row_no, :step_no, channel, state, address, country, {language}, {template_id}, {rule},
    subject, body, parts, segments, encoding, expires_at, error_code
from assemble_message
where problem is null
