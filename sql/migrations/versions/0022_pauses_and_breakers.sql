-- Pauses: nothing of a packet is sent while one applies to it, be it the packet's own, its campaign's, its client's or one of the whole
-- platform (docs/decisions/0027). A cancelled packet has a final pause, which never ends.

create table pause (
    id uuid default uuidv7() not null,
    client_id uuid,
    campaign_id uuid,
    packet_id uuid,
    subject uuid generated always as (coalesce(packet_id, campaign_id, client_id, '00000000-0000-0000-0000-000000000000')) stored not null,
    scope text generated always as (
        case
            when packet_id is not null then 'packet'
            when campaign_id is not null then 'campaign'
            when client_id is not null then 'client'
            else 'platform'
        end
    ) stored not null,
    code text not null,
    params jsonb default '{}' not null,
    final boolean default false not null,
    begun_by text not null,
    begun_at timestamptz default now() not null,
    ended_by text,
    ended_at timestamptz,
    constraint pause_pkey primary key (id),
    constraint pause_one_subject_check check (num_nonnulls(packet_id, campaign_id) <= case when client_id is null then 0 else 1 end),
    constraint pause_final_check check (not final or packet_id is not null and ended_at is null),
    constraint pause_ended_check check ((ended_by is null) = (ended_at is null)),
    constraint pause_client_id_fkey foreign key (client_id) references client (id),
    constraint pause_campaign_id_fkey foreign key (campaign_id, client_id) references campaign (id, client_id),
    constraint pause_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

create unique index pause_open_key on pause (subject) where ended_at is null;

select protect_tenant_table('pause');
-- A pause of the platform stops every client's packets, so every client may see it.
create policy platform on pause for select using (client_id is null);
revoke delete on pause from packetboat_app, packetboat_worker;

-- Which database this is. `table_oid` is the table's own oid: a restored dump has new tables, so there it differs, and nothing is sent. `beat`
-- is counted every minute, here and in a file beside the database (docs/decisions/0027).
create table epoch (
    one boolean default true not null,
    table_oid oid not null,
    beat bigint default 0 not null,
    beat_at timestamptz default now() not null,
    constraint epoch_pkey primary key (one),
    constraint epoch_one_check check (one)
);

insert into epoch (table_oid) values ('epoch'::regclass);
revoke insert, delete on epoch from packetboat_app, packetboat_worker;
