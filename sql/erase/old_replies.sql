-- Empties old answers that belong to no packet. One that is still set aside is closed: read again, it would be anybody's.
-- Grain: an answer. Parameter: days.
update reply
set
    from_address = '', subject = null, body = '', thread = '{}', raw = '{}', kind = coalesce(kind, 'other'),
    outcome = coalesce(outcome, 'unmatched')
where packet_id is null and received_at < now() - make_interval(days => :days) and from_address <> ''
