-- Marks events as contradicting: their reference belongs to another call than our own id, so they are not believed. Grain of the answer: an event.
-- Parameter: event_ids.
update event_inbox
set outcome = 'contradicting'
where id = any(cast(:event_ids as bigint[]))
returning provider
