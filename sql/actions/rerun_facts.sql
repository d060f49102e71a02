-- What a rerun of a packet's steps depends on. One row, or none when this transaction may not see the packet.
-- Of the ready messages, `now` counts those that go out at once (a rerun lifts the delays of provider trouble), `later` those that are due
-- later, and `late` those past their deadline. `just_settled`: the last step of its run ended within a minute. `touched`: a message was claimed for a provider, whatever became of it.
-- Parameters: packet_id, taken and touched (arrays of message states: the provider has them; has or may have them).
select
    data_packet.state,
    data_packet.run_id,
    (select count(*) from data_packet_row where packet_id = :packet_id) as rows,
    messages.made,
    messages.now,
    messages.later,
    messages.late,
    messages.out,
    messages.unknown,
    messages.touched,
    (
        select step from packet_step where packet_id = :packet_id and state = 'running' order by started_at limit 1
    ) as running,
    exists (
        select from packet_step
        where
            packet_id = data_packet.id and packet_step.run_id = data_packet.run_id and step = 'settle'
            and ended_at > now() - interval '1 minute'
    ) as just_settled,
    exists (select from paused_packet where packet_id = data_packet.id) as paused,
    exists (select from paused_packet where packet_id = data_packet.id and final) as cancelled
from data_packet
cross join lateral (
    select
        count(*) as made,
        count(*) filter (where state = 'ready' and expires_at > packetboat_now() and (attempt_no > 0 or not_before <= packetboat_now())) as now,
        count(*) filter (where state = 'ready' and expires_at > packetboat_now() and attempt_no = 0 and not_before > packetboat_now()) as later,
        count(*) filter (where state = 'ready' and expires_at <= packetboat_now()) as late,
        count(*) filter (where state = any(cast(:taken as text[]))) as out,
        count(*) filter (where state = 'unknown') as unknown,
        coalesce(bool_or(state = any(cast(:touched as text[])) or attempt_no > 0), false) as touched
    from message
    where message.packet_id = data_packet.id
) as messages
where data_packet.id = :packet_id
