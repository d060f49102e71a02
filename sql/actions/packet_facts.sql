-- One packet as it stands. One row, or none when this transaction may not see it. Parameter: packet_id.
select
    data_packet.id, client.slug as client, campaign.slug as campaign, data_packet.state, data_packet.problem_code,
    data_packet.problem, data_packet.file_name, data_packet.source, data_packet.submitted_by, data_packet.bytes,
    data_packet.md5, data_packet.sha256, data_packet.run_id, data_packet.received_at, data_packet.settled_at,
    packet_total.rows_in, packet_total.sent, packet_total.failed, packet_total.held, packet_total.suppressed,
    packet_total.expired, packet_total.cancelled, packet_total.waiting
from data_packet
join client on client.id = data_packet.client_id
join campaign on campaign.id = data_packet.campaign_id
left join packet_total on packet_total.packet_id = data_packet.id
where data_packet.id = :packet_id
