-- Chooses the highest event of each message, if it moves it: a higher rank wins, and no event moves a state back (P5). Within a rank, delivered
-- outranks undelivered, failed and cancelled, in this order, so the order of arrival does not matter: a delivered message stays delivered,
-- whatever else was reported. A failure that passes is outranked by any that is final: a message that is to be tried again because of the one
-- is taken back by the other, until its second attempt is claimed. Of an attempt that another one has replaced, only a delivery counts.
-- A failure of an attempt that was closed, and is not the newest, counts only once no other can go out and none after it went out; and what
-- has failed brings nothing more, so a report that such an attempt was sent does not take back the one that is on its way. A failure that would
-- move its message, but for a later call whose answer is open, waits for it, as long as an event may come before its call. The messages are
-- locked.
-- Grain: one row about all moves: how many there are; as texts of parallel arrays, event_ids, message_ids, states, ranks and error_codes
-- of each; and, of the moves that others have to learn of, message_ids and states before (felt_ids, felt_states). A move among states
-- that count the same, `quiet` ones, changes no totals and leads to nothing. All are null if there is none. And of the events that wait, how
-- many there are (waits), and as the text of an array, their ids (waiting).
-- Parameters: quiet, patience_hours, passing (the failures that pass: provider and code, with a space between them), and parallel arrays about
-- events: event_ids, message_ids, attempt_ids, attempt_nos, states, ranks, error_codes.
with reported as (
    select
        event.*, message.event_rank as rank_before, message.state as state_before,
        coalesce(
            array_position(
                array['failed for now', 'undelivered for now', 'cancelled', 'failed', 'undelivered', 'delivered'],
                event.state || case when failure.passes then ' for now' else '' end
            ), 0
        ) as weight,
        coalesce(
            array_position(
                array['failed for now', 'undelivered for now', 'cancelled', 'failed', 'undelivered', 'delivered'],
                message.state || case when failure.passed then ' for now' else '' end
            ), 0
        ) as weight_before,
        case when event.attempt_no < message.attempt_no and event.state in ('cancelled', 'failed', 'undelivered') then
            exists (
                select from attempt as later
                join provider_call on provider_call.id = later.call_id
                where
                    later.message_id = message.id and later.attempt_no > event.attempt_no and provider_call.state in ('sending', 'unknown')
            )
        else
            false
        end as waits
    from unnest(
        cast(:event_ids as bigint[]), cast(:message_ids as uuid[]), cast(:attempt_ids as uuid[]), cast(:attempt_nos as smallint[]),
        cast(:states as text[]), cast(:ranks as smallint[]), cast(:error_codes as text[])
    ) as event (event_id, message_id, attempt_id, attempt_no, state, rank, error_code)
    join message on message.id = event.message_id
    left join lateral (
        select
            coalesce(provider || ' ' || event.error_code = any(cast(:passing as text[])), false) as passes,
            message.state in ('failed', 'undelivered')
                and coalesce(provider || ' ' || message.error_code = any(cast(:passing as text[])), false) as passed
        from event_inbox
        where id = event.event_id and event.state in ('cancelled', 'failed', 'undelivered')
    ) as failure on true
    where
        event.state is not null
        and (
            event.attempt_no > coalesce(message.failed_attempt_no, 0) or event.state = 'delivered'
            or not failure.passes and event.attempt_no = message.attempt_no
        )
        and (
            event.attempt_no = message.attempt_no or event.state = 'delivered'
            or case when event.state in ('cancelled', 'failed', 'undelivered') then
                message.state not in ('ready', 'sending', 'unknown')
                and not exists (
                    select from attempt as later
                    join provider_call on provider_call.id = later.call_id
                    where
                        later.message_id = message.id and later.attempt_no > event.attempt_no
                        and provider_call.state = 'accepted'
                )
            else
                event.attempt_id not in (
                    select failure.attempt_id
                    from unnest(cast(:attempt_ids as uuid[]), cast(:states as text[])) as failure (attempt_id, state)
                    where failure.state in ('cancelled', 'failed', 'undelivered')
                )
                and not exists (
                    select from message_event
                    join event_inbox on event_inbox.id = message_event.inbox_id
                    where
                        message_event.message_id = message.id and event_inbox.attempt_id = event.attempt_id
                        and message_event.state in ('cancelled', 'failed', 'undelivered')
                )
            end
        )
),
highest as (
    select distinct on (message_id) *
    from reported
    where not waits
    order by message_id, rank desc, weight desc, event_id
),
move as (
    select
        *, not (state_before = any(cast(:quiet as text[])) and state = any(cast(:quiet as text[]))) as felt
    from highest
    where
        (rank, weight) > (rank_before, weight_before)
),
waiting as (
    select count(*) as waits, cast(array_agg(event_id) as text) as waiting
    from reported
    where
        waits and rank > rank_before
        and (select received_at from event_inbox where id = event_id) > now() - make_interval(hours => :patience_hours)
)
select
    count(*) as moves, cast(array_agg(event_id) as text) as event_ids, cast(array_agg(message_id) as text) as message_ids,
    cast(array_agg(state) as text) as states, cast(array_agg(rank) as text) as ranks, cast(array_agg(error_code) as text) as error_codes,
    cast(array_agg(message_id) filter (where felt) as text) as felt_ids,
    cast(array_agg(state_before) filter (where felt) as text) as felt_states,
    (select waits from waiting) as waits, (select waiting from waiting) as waiting
from move
