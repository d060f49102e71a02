-- Whether another packet, of any client, waits for a lane: it has a run, it is assembled, something of it is due on a channel that does not wait, and no lane
-- of it has run since it was assembled, or its lanes ended their turn for others. A packet whose run does not live waits for a start instead: one
-- that is promised, or, after an alarm, a person's. One row. Parameters: packet_id (of the lane that asks),
-- channels (their names). In a transaction that sees every client.
select exists (
    select from data_packet as packet
    cross join lateral (
        select max(ended_at) as ended_at
        from packet_step
        where packet_id = packet.id and step = 'assemble' and state in ('done', 'kept')
    ) as assembled
    where
        packet.id <> :packet_id and packet.state in ('preparing', 'sending') and packet.run_id is not null
        and not exists (select from paused_packet where packet_id = packet.id)
        and assembled.ended_at is not null
        and not exists (select from outbox where unique_key = packet.run_id and delivered_at is null)
        and not exists (
            select from packet_alarm
            where packet_id = packet.id and code in ('run_failed', 'starts_in_vain', 'dag_paused')
        )
        and not exists (
            select from packet_step where packet_id = packet.id and step = 'dispatch' and state = 'running'
        )
        and coalesce(
            (
                select note ->> 'code' = 'turn_over' and ended_at > now() - interval '1 minute'
                from packet_step
                where packet_id = packet.id and step = 'dispatch' and started_at >= assembled.ended_at
                order by started_at desc
                limit 1
            ),
            true
        )
        and exists (
            select from unnest(cast(:channels as text[])) as open (channel)
            where
                not exists (select from channel_wait where packet_id = packet.id and channel = open.channel and until > now())
                and exists (
                    select from message
                    where
                        packet_id = packet.id and channel = open.channel and state = 'ready'
                        and not_before <= packetboat_now() and expires_at > packetboat_now()
                )
        )
) as others_wait
