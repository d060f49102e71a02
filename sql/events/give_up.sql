-- Events that nothing matched for so long stay as they are, for the support view. Parameter: event_ids.
update event_inbox
set outcome = 'unmatched', applied_at = now()
where id = any(cast(:event_ids as bigint[]))
