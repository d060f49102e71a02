-- Packets in progress, or with a step still open in their journal, that are not paused and have shown no activity for a while although something of them is due
-- on a channel that does not wait: no change in the journal or the provider calls, and no start still promised. Only Airflow
-- can tell whether their runs are alive. Those without an alarm come first. Grain: a packet. Parameters: packet_id (null for all), now (null:
-- the database's), quiet_seconds, limit, prepare_steps, channels (their names), touched (states of messages).
-- `steps_done` counts the prepare steps whose newest attempt succeeded. `moved`: there are more of these, or fewer ready messages, than at the
-- last start. `waited`: a lane has recorded when it goes on. `touched`: the provider has, may have, or has refused a message. `calls_open`: a
-- lane may still be waiting for an answer.
with clock as (
    select coalesce(cast(:now as timestamptz), now()) as now
),
-- The wait of a channel decides before its messages do, which no index finds by `not_before`: of a packet for next week none is read. When
-- messages are due, a lane has noted from all that were ready at its end. A lane that ended badly since may have left others behind.
waiting as materialized (
    select packet_id, channel
    from channel_wait as wait
    cross join clock
    where
        wait.until > clock.now
        and (
            wait.code <> 'due_later'
            or not exists (
                select from packet_step
                where
                    packet_id = wait.packet_id and step = 'dispatch' and state in ('running', 'failed')
                    and coalesce(ended_at, 'infinity') > wait.since
            )
        )
),
silent as materialized (
    select packet.id, packet.client_id, packet.revision, packet.run_id, packet.state, watch.idle_starts, watch.steps_done, watch.ready
    from data_packet as packet
    cross join clock
    left join packet_watch as watch on watch.packet_id = packet.id
    cross join lateral (
        select max(greatest(started_at, ended_at)) as last_at from packet_step where packet_id = packet.id
    ) as journal
    where
        packet.id in (
            select id from data_packet where state in ('received', 'preparing', 'sending')
            union
            select packet_id from packet_step where state = 'running'
        )
        and (cast(:packet_id as uuid) is null or packet.id = cast(:packet_id as uuid))
        and greatest(packet.received_at, journal.last_at, watch.started_at) < clock.now - make_interval(secs => :quiet_seconds)
        and not exists (
            select from provider_call
            where packet_id = packet.id
                and greatest(claimed_at, recorded_at) > clock.now - make_interval(secs => :quiet_seconds)
        )
        -- A paused packet may still be prepared.
        and not exists (
            select from paused_packet as pause
            where
                pause.packet_id = packet.id
                and (pause.final or exists (select from message where packet_id = packet.id and state = 'ready'))
        )
        and not exists (select from outbox where unique_key = packet.run_id and delivered_at is null)
        and (
            exists (
                select from unnest(cast(:channels as text[])) as open (channel)
                where
                    not exists (select from waiting where packet_id = packet.id and waiting.channel = open.channel)
                    and exists (
                        select from message
                        where
                            packet_id = packet.id and channel = open.channel and state = 'ready'
                            and least(not_before, expires_at) <= packetboat_now()
                    )
            )
            or not exists (select from waiting where packet_id = packet.id)
            and not exists (select from message where packet_id = packet.id and state = 'ready')
        )
    -- Random among equals, so that all get a turn when there are more than fit into one round.
    order by exists (select from packet_alarm where packet_id = packet.id), random()
    limit :limit
)
select
    silent.id as packet_id, silent.client_id, silent.revision, silent.run_id,
    silent.state, silent.state in ('received', 'preparing', 'sending') as on_its_way,
    coalesce(silent.idle_starts, 0) as idle_starts, steps.done as steps_done, messages.ready, messages.touched,
    exists (select from provider_call where packet_id = silent.id and state = 'sending') as calls_open,
    steps.done > coalesce(silent.steps_done, 0) or messages.ready < coalesce(silent.ready, 0) as moved, wait.waited
from silent
cross join lateral (
    select count(*) as done
    from (
        select distinct on (step) state
        from packet_step
        where packet_id = silent.id and step = any(cast(:prepare_steps as text[]))
        order by step, attempt desc
    ) as newest
    where state in ('done', 'kept')
) as steps
cross join lateral (
    select
        count(*) filter (where state = 'ready') as ready,
        coalesce(bool_or(state = any(cast(:touched as text[]))), false) as touched
    from message
    where packet_id = silent.id
) as messages
cross join lateral (select exists (select from channel_wait where packet_id = silent.id) as waited) as wait
