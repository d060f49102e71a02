-- Writes the messages that messages.sql computed, each with the only id that its row can have (D2).
-- Grain: a message. Parameters: packet_id, client_id. Holes: id (from the series of its step and channel),
-- language and template_id (of its text), rule (its name).
insert into message (
    id, client_id, packet_id, row_no, step_no, channel, state, address, country, language, template_id, rule,
    subject, body, parts, segments, encoding, not_before, expires_at, closes_at, window_no, error_code
)
select
    {id}, :client_id, :packet_id, row_no, step_no, channel, state, address, country, {language}, {template_id}, {rule},
    subject, body, parts, segments, encoding, not_before, expires_at, closes_at, window_no, error_code
from assemble_message
where problem is null
