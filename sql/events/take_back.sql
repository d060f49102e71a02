-- Makes events that were set aside open like any other: they are about to be applied, or wait for the record of their call.
-- They are locked. Parameter: event_ids.
update open_event
set next_try_at = null
where inbox_id = any(cast(:event_ids as bigint[])) and next_try_at is not null
