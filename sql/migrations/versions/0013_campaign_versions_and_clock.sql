-- Campaigns get versions, and a packet is pinned to the version that was current when it came in: an edit does not affect packets in
-- progress (docs/decisions/0022). Existing campaigns and packets get version 1.

create table campaign_version (
    id uuid default uuidv7() not null,
    client_id uuid not null,
    campaign_id uuid not null,
    version integer not null,
    details jsonb not null,
    template_ids uuid[] not null,
    created_at timestamptz default now() not null,
    created_by text not null,
    constraint campaign_version_pkey primary key (id),
    constraint campaign_version_campaign_id_version_key unique (campaign_id, version),
    constraint campaign_version_client_id_fkey foreign key(client_id) references client (id),
    constraint campaign_version_campaign_id_fkey foreign key(campaign_id) references campaign (id)
);

select protect_tenant_table('campaign_version');
-- Packets refer to them: they document what was sent, permanently.
revoke update, delete on campaign_version, template from packetboat_app, packetboat_worker;

select set_config('packetboat.scope', 'every_client', true);
insert into campaign_version (client_id, campaign_id, version, details, template_ids, created_at, created_by)
select
    campaign.client_id, campaign.id, 1, campaign.details,
    array(
        select distinct on (channel, language) id
        from template
        where campaign_id = campaign.id
        order by channel, language, version desc
    ),
    campaign.created_at, 'migration'
from campaign;

alter table campaign drop column details;

alter table data_packet add column campaign_version_id uuid;
update data_packet
set campaign_version_id = campaign_version.id
from campaign_version
where campaign_version.campaign_id = data_packet.campaign_id;
alter table data_packet
    alter column campaign_version_id set not null,
    add constraint data_packet_campaign_version_id_fkey foreign key (campaign_version_id) references campaign_version (id);

-- The time for deadlines, schedules and quiet hours: now(), unless a test has set the clock of its transaction (pipelines/clock.py).
-- Leases and timeouts never use it (docs/decisions/0023). The planner inlines it, so comparisons with it can use an index.
create function packetboat_now() returns timestamptz
language sql stable parallel safe
return now() + coalesce(nullif(current_setting('packetboat.clock_shift', true), ''), '0')::interval;
