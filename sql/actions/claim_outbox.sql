-- Claims promised starts that are due, for a minute each, so that a process that dies does not keep them. Two relays share the work.
-- Grain: one row per promise. Parameters: packet_id (null for all), limit.
with due as (
    select id
    from outbox
    where
        delivered_at is null and next_try_at <= now() and kind = 'start_packet'
        and (cast(:packet_id as text) is null or payload ->> 'packet_id' = cast(:packet_id as text))
    order by next_try_at
    limit :limit
    for update skip locked
)
update outbox
set next_try_at = now() + interval '1 minute', tries = tries + 1
from due
where outbox.id = due.id
returning outbox.id, outbox.payload, outbox.tries
