-- Delays the open promises of the same client and kind until this one is tried again, since its webhook does not answer. They count no try.
-- Grain: one promise. Parameter: id (of a promise that has just been put off).
update outbox
set next_try_at = greatest(outbox.next_try_at, failed.next_try_at)
from outbox as failed
where
    failed.id = :id and failed.delivered_at is null
    and outbox.client_id = failed.client_id and outbox.kind = failed.kind and outbox.delivered_at is null and outbox.id <> failed.id
