-- Marks events that have matched nothing for too long as unmatched. Parameter: event_ids.
update event_inbox
set outcome = 'unmatched'
where id = any(cast(:event_ids as bigint[]))
