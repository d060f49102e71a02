-- Applies the highest event of each message: a higher rank wins, and no event moves a state back (P5). Within a rank, delivered outranks
-- undelivered, failed and cancelled, in this order, so the order of arrival does not matter: a delivered message stays delivered, whatever
-- else was reported. Of an attempt that failed and is replaced by another, only a delivery counts; a failure counts only if it is that of the
-- newest attempt: an older one was closed, and the message has gone out again since.
-- Grain: one row per message that moved. Parameters: event_ids and attempt_ids (two parallel arrays).
with reported as (
    select
        attempt.message_id, event_inbox.id as event_id, event_inbox.state, event_inbox.rank, event_inbox.error_code,
        coalesce(
            array_position(array['cancelled', 'failed', 'undelivered', 'delivered'], event_inbox.state), 0
        ) as weight
    from unnest(cast(:event_ids as bigint[]), cast(:attempt_ids as uuid[])) as matched (event_id, attempt_id)
    join event_inbox on event_inbox.id = matched.event_id
    join attempt on attempt.id = matched.attempt_id
    join message on message.id = attempt.message_id
    where
        event_inbox.state is not null
        and (attempt.attempt_no > coalesce(message.failed_attempt_no, 0) or event_inbox.state = 'delivered')
        and (attempt.attempt_no = message.attempt_no or event_inbox.state not in ('cancelled', 'failed', 'undelivered'))
),
highest as (
    select distinct on (message_id) *
    from reported
    order by message_id, rank desc, weight desc, event_id
)
update message
set state = highest.state, event_rank = highest.rank, error_code = highest.error_code, state_at = now()
from highest
where
    message.id = highest.message_id
    and (highest.rank, highest.weight) > (
        message.event_rank,
        coalesce(array_position(array['cancelled', 'failed', 'undelivered', 'delivered'], message.state), 0)
    )
returning
    message.id, message.packet_id, message.row_no, highest.event_id, old.state as state_before, new.state as state_after
