-- A value that changes whenever the packet's page would, cheap enough to poll twice a second. One row, or none when this
-- transaction may not see the packet. Parameter: packet_id.
select concat_ws(
    '/', data_packet.state, extract(epoch from packet_total.updated_at), count(packet_step.id),
    sum(packet_step.rows_done), max(packet_step.started_at), max(packet_step.ended_at),
    (select string_agg(code || cases, ',' order by code) from packet_alarm where packet_id = :packet_id),
    (select count(*) from provider_call where packet_id = :packet_id and state = 'unknown'),
    (select concat(all_out_at, late) from packet_forecast where packet_id = :packet_id),
    (select string_agg(concat(id, state, reason, retry_at), ',' order by id) from breaker where state <> 'closed'),
    (select string_agg(scope || begun_at, ',' order by scope) from paused_packet where packet_id = :packet_id),
    (select count(*) || '-' || count(handled_at) || '-' || sum(fee_minor) from reply where packet_id = :packet_id)
) as version
from data_packet
left join packet_total on packet_total.packet_id = data_packet.id
left join packet_step on packet_step.packet_id = data_packet.id
where data_packet.id = :packet_id
group by data_packet.state, packet_total.updated_at
