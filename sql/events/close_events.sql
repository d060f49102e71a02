-- Takes events from those that are open. They are locked. Parameter: event_ids.
delete from open_event
where inbox_id = any(cast(:event_ids as bigint[]))
