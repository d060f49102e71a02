-- Writes the messages that messages.sql computed, each with the only id that its row can have (D2).
-- Grain: a message. Parameters: packet_id, client_id. Holes: id (from the series of its step and channel),
-- language and template_id (of its text), rule (its name).
insert into message (
    id, client_id, packet_id, row_no, step_no, channel, state, address, country, language, template_id, rule,
    subject, body, parts, segments, encoding, price_minor, segment_price_minor, not_before, expires_at, closes_at, window_no, error_code
)
select
    {id}, :client_id, :packet_id, row_no, step_no, channel, state, address, country, {language}, {template_id}, {rule},
    subject, body, parts, segments, encoding,
    -- {price} and {segment_price}: what a message costs, and one segment of it; 0 and null where nothing costs anything
    case when state = 'ready' then {price} else 0 end,
    case when state = 'ready' then {segment_price} end,
    not_before, expires_at, closes_at, window_no, error_code
from assemble_message
-- {prices} joins the prices of the day: empty where nothing costs anything
{prices}
where problem is null
