-- Empties old reports of providers that belong to no message, so that no packet's erasure finds them. Grain: an event. Parameter: days.
update event_inbox
set raw = '{}', address = null
where
    received_at < now() - make_interval(days => :days) and raw <> '{}'
    and not exists (select from message_event where inbox_id = event_inbox.id)
