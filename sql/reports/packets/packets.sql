-- A page of the packet list, newest first (a UUIDv7 sorts by time). Grain: a packet.
-- Parameters: before (an id, or null for the first page), client_id (or null: all that this transaction may see),
-- shown (all | moving | attention | finished), stalled (array: the needs that mean that a packet is stalled), others (array: the needs that
-- somebody else takes care of), prepare_steps, page (rows wanted).
select
    data_packet.id, data_packet.file_name, data_packet.state, data_packet.problem_code, data_packet.problem_params, data_packet.received_at,
    campaign.name as campaign, client.id as client_id, client.name as client, client.time_zone,
    coalesce(packet_total.rows_in, journal.rows_read) as rows_in,
    coalesce(packet_total.held, journal.held) as held,
    coalesce(packet_total.sent, journal.sent) as sent,
    next_wait.until as goes_on_at, next_wait.due as next_due,
    (
        select coalesce(jsonb_agg(to_jsonb(paused_packet)), '[]')
        from paused_packet
        where packet_id = data_packet.id
    ) as pauses,
    (
        select coalesce(jsonb_agg(jsonb_build_object('code', code, 'cases', cases)), '[]')
        from packet_need
        where packet_id = data_packet.id
    ) as needs
from data_packet
join campaign on campaign.id = data_packet.campaign_id
join client on client.id = data_packet.client_id
left join packet_total on packet_total.packet_id = data_packet.id
left join lateral (
    select
        max(rows_in) filter (where is_last and step = 'load') as rows_read,
        sum(rows_held) filter (where is_last and step = any(cast(:prepare_steps as text[]))) as held,
        -- Each attempt of a lane sends different messages.
        sum(coalesce(rows_out, rows_done)) filter (where step = 'dispatch') as sent
    from (
        select
            step, rows_in, rows_out, rows_held, rows_done,
            row_number() over (partition by step, lane order by attempt desc) = 1 as is_last
        from packet_step
        where packet_id = data_packet.id
    ) as attempts
) as journal on true
left join lateral (
    -- Channels that go on within the same minute are shown together.
    select until, sum(due) over (order by until range between current row and interval '1 minute' following) as due
    from channel_wait
    where packet_id = data_packet.id and data_packet.state = 'sending' and until > now()
    order by until
    limit 1
) as next_wait on true
where (cast(:before as uuid) is null or data_packet.id < cast(:before as uuid))
  and (cast(:client_id as uuid) is null or data_packet.client_id = cast(:client_id as uuid))
  and case :shown
      when 'moving' then data_packet.state in ('received', 'preparing', 'sending')
          and data_packet.id not in (select packet_id from packet_need where code = any(cast(:stalled as text[])))
      when 'attention' then data_packet.id in (select packet_id from packet_need where code <> all(cast(:others as text[])))
      when 'finished' then data_packet.state = 'settled'
          and data_packet.id not in (select packet_id from packet_need where code <> 'held')
      else true
  end
order by data_packet.id desc
limit :page
