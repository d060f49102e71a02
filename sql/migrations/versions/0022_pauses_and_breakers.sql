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

-- ---- Breakers and fall-back senders (docs/decisions/0028) ----

-- A client may have several active senders on a channel: lanes use the one with the lowest priority that no breaker holds back.
alter table sender add column priority smallint default 1 not null;
drop index sender_active_key;
create unique index sender_active_key on sender (client_id, channel, priority) where state = 'active';

-- What keeps every lane from calling a provider on a channel, or from using one sender there. It belongs to no client: a provider that refuses
-- our account refuses it for all. `setbacks` counts the pauses in a row, so that the next one is longer; it outlives a closed breaker until a
-- lane is at full speed again. `retry_at` is when one lane, the holder, may make one call; while it does, until when the others leave it alone.
create table breaker (
    id uuid default uuidv7() not null,
    provider text not null,
    channel text not null,
    sender_id uuid,
    state text not null,
    reason text not null,
    params jsonb default '{}'::jsonb not null,
    setbacks integer not null,
    opened_at timestamptz default now() not null,
    retry_at timestamptz not null,
    holder uuid,
    constraint breaker_pkey primary key (id),
    constraint breaker_state_check check (state in ('open', 'half_open', 'closed')),
    constraint breaker_sender_id_fkey foreign key (sender_id) references sender (id),
    constraint breaker_provider_channel_sender_id_key unique nulls not distinct (provider, channel, sender_id)
);

-- The breaker counts them now, for all packets together.
alter table channel_wait drop column setbacks;

-- The number of the attempt whose reported failure led to another one, if there was such a failure: it happens once per message.
alter table message add column failed_attempt_no smallint;

-- Complaints before this moment do not count against the client any more: a person has let its e-mails go on.
alter table client add column complaints_from timestamptz;
