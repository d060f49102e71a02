-- Marks events that have matched nothing for too long as unmatched, for the support view. Parameter: event_ids.
update event_inbox
set outcome = 'unmatched', applied_at = now()
where id = any(cast(:event_ids as bigint[]))
