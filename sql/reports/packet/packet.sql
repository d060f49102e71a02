-- One packet with its client, campaign, totals, needs and pauses. `waits`: it is prepared, and only its pause keeps it. One row, or none when this transaction may not see it. Parameter: packet_id.
select
    data_packet.id, data_packet.file_name, data_packet.state, data_packet.problem_code, data_packet.problem_params,
    data_packet.received_at, data_packet.settled_at, data_packet.source, data_packet.submitted_by,
    data_packet.bytes, data_packet.md5, data_packet.sha256, data_packet.header, data_packet.dialect, data_packet.run_id,
    campaign.name as campaign, campaign_version.version as campaign_version, client.id as client_id, client.name as client, client.time_zone,
    to_jsonb(packet_total) as total,
    next_wait.until as goes_on_at,
    next_wait.due as next_due,
    (
        select coalesce(jsonb_agg(to_jsonb(paused_packet)), '[]')
        from paused_packet
        where packet_id = data_packet.id
    ) as pauses,
    exists (select from paused_packet where packet_id = data_packet.id)
    and exists (select from message where packet_id = data_packet.id and state = 'ready') as waits,
    (
        select coalesce(jsonb_agg(jsonb_build_object('code', code, 'cases', cases)), '[]')
        from packet_need
        where packet_id = data_packet.id
    ) as needs
from data_packet
join campaign on campaign.id = data_packet.campaign_id
join campaign_version on campaign_version.id = data_packet.campaign_version_id
join client on client.id = data_packet.client_id
left join packet_total on packet_total.packet_id = data_packet.id
left join lateral (
    -- Channels that go on within the same minute are shown together.
    select until, sum(due) over (order by until range between current row and interval '1 minute' following) as due
    from channel_wait
    where packet_id = data_packet.id and data_packet.state = 'sending' and until > now()
    order by until
    limit 1
) as next_wait on true
where data_packet.id = :packet_id
