-- Empties old answers that belong to no packet. Grain: an answer. Parameter: days.
update reply
set from_address = '', subject = null, body = '', thread = '{}', raw = '{}'
where packet_id is null and received_at < now() - make_interval(days => :days) and from_address <> ''
