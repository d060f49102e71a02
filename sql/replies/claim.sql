-- Claims the next promise of a kind that is due, for two minutes, so that a process that dies does not keep it. Grain: one promise, or nothing.
-- Parameter: kind.
with due as (
    select id
    from outbox
    where delivered_at is null and next_try_at <= now() and kind = :kind
    order by next_try_at
    limit 1
    for update skip locked
)
update outbox
set next_try_at = now() + interval '2 minutes', tries = tries + 1
from due
where outbox.id = due.id
returning outbox.id, cast(outbox.payload ->> 'reply_id' as uuid) as reply_id, outbox.tries
