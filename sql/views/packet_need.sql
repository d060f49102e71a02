-- Which packets need a person, and why: one view for every page, list and command (docs/decisions/0014). Grain: a packet and a reason.
-- `cases` counts what the reason is about: rows, messages, or 1 for the packet itself. For the meaning of each code see
-- pipelines/reports/needs.py. security_invoker: row-level security applies to the user of the view. {name} is packet_need.
create view {name} with (security_invoker = true) as
select id as packet_id, client_id, state as code, 1::bigint as cases, received_at as since
from data_packet
where state in ('refused', 'stopped')
union all
select packet_id, client_id, 'awaiting_credit', messages, made_at from packet_charge
where state = 'waiting' and not exists (select from pause where pause.packet_id = packet_charge.packet_id and final)
union all
select packet_id, client_id, 'held', held, updated_at
from packet_total
where held > 0
union all
-- Found through the calls: an index on the state of messages would cost every lane more than this query is worth.
select
    call.packet_id, call.client_id, case when check_row.reason is null then 'unknown' else 'undecided' end, count(*), min(call.claimed_at)
from provider_call as call
left join call_check as check_row on check_row.call_id = call.id
join attempt on attempt.call_id = call.id
join message on message.id = attempt.message_id and message.attempt_no = attempt.attempt_no
where call.state = 'unknown' and message.state = 'unknown'
group by 1, 2, 3
union all
select packet_id, client_id, 'sent_twice', count(*), min(found_at) from late_proof where resent and noted_at is null group by 1, 2
union all
-- Settled, but with rows that still wait and no unknown call that explains them.
select packet.id, packet.client_id, 'unfinished', total.waiting, total.updated_at
from data_packet as packet
join packet_total as total on total.packet_id = packet.id
where
    packet.state = 'settled' and total.waiting > 0
    and not exists (select from provider_call where packet_id = packet.id and state = 'unknown')
union all
-- In progress and not paused, but without activity for half an hour although something is due. This needs neither Airflow nor the periodic checks, so it
-- shows when both are down. An alarm says more, so it replaces this.
select
    packet.id, packet.client_id, 'silent', (select count(*) from message where packet_id = packet.id and state = 'ready'),
    greatest(packet.received_at, journal.last_at)
from data_packet as packet
cross join lateral (
    select max(greatest(started_at, ended_at)) as last_at from packet_step where packet_id = packet.id
) as journal
where
    packet.state in ('received', 'preparing', 'sending')
    and greatest(packet.received_at, journal.last_at) < now() - interval '30 minutes'
    -- As in the view paused_packet. Views are recreated one by one, so none may depend on another.
    and not exists (
        select from pause
        where
            ended_at is null
            and subject in (packet.id, packet.campaign_id, packet.client_id, '00000000-0000-0000-0000-000000000000')
    )
    and not exists (
        select from provider_call
        where packet_id = packet.id and greatest(claimed_at, recorded_at) > now() - interval '30 minutes'
    )
    and (
        not exists (select from message where packet_id = packet.id and state = 'ready')
        or exists (select from message where packet_id = packet.id and state = 'ready' and least(not_before, expires_at) <= packetboat_now())
    )
    and not exists (select from packet_alarm where packet_id = packet.id)
union all
select packet_id, client_id, code, cases, raised_at
from packet_alarm
union all
select packet_id, client_id, 'replies_unsure', count(*), min(received_at)
from reply
where unsure and handled_at is null and packet_id is not null
group by packet_id, client_id
