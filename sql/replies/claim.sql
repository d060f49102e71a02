-- Claims the next promise of a kind that is due, for two minutes, so that a process that dies does not keep it. Until its outcome is recorded,
-- its error is 'no_outcome': `in_doubt` says that an earlier claim has left no outcome, so it may have been delivered. Nothing is claimed while
-- the platform is on hold, or in a restored dump that nobody has examined (docs/decisions/0027). Grain: one promise, or nothing.
-- Parameter: kind.
with due as (
    select id
    from outbox
    where
        delivered_at is null and next_try_at <= now() and kind = :kind
        and not exists (select from pause where scope = 'platform' and ended_at is null)
        and not exists (select from epoch where table_oid <> tableoid)
    order by next_try_at
    limit 1
    for update skip locked
)
update outbox
set next_try_at = now() + interval '2 minutes', tries = tries + 1, last_error = 'no_outcome'
from due
where outbox.id = due.id
returning outbox.id, cast(outbox.payload ->> 'reply_id' as uuid) as reply_id, outbox.tries, old.last_error is not distinct from 'no_outcome' as in_doubt
