-- Claims the next promised notice that is due, for five minutes, and marks it as sent without an answer until there is one: a process that
-- dies may have sent it. A notice with that mark already is tried for the last time. Grain: one promise, or nothing.
with due as (
    select id
    from outbox
    where delivered_at is null and next_try_at <= now() and kind in ('password_changed', 'client_alarm')
    order by next_try_at
    limit 1
    for update skip locked
)
update outbox
set next_try_at = now() + interval '5 minutes', tries = tries + 1, last_error = 'no_answer'
from due
where outbox.id = due.id
returning outbox.id, outbox.kind, outbox.payload, old.last_error is not distinct from 'no_answer' as last_try
