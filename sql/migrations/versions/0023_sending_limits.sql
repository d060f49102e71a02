-- How fast and how much may be sent, to which countries, and when a packet is expected to be out (docs/decisions/0029).

-- A rule for a provider, sender, brand, client, channel, country or prefix, in the provider's units. Without a client it holds for all together.
create table sending_limit (
    id uuid default uuidv7() not null,
    client_id uuid,
    scope text not null,
    subject text not null,
    per_second double precision,
    per_day bigint,
    changed_at timestamptz default now() not null,
    constraint sending_limit_pkey primary key (id),
    constraint sending_limit_scope_subject_client_id_key unique nulls not distinct (scope, subject, client_id),
    constraint sending_limit_some_check check (per_second is not null or per_day is not null),
    constraint sending_limit_positive_check check (per_second > 0 and per_day > 0),
    constraint sending_limit_client_id_fkey foreign key (client_id) references client (id)
);

select protect_tenant_table('sending_limit');
create policy everyones_limit on sending_limit for select using (client_id is null);

-- What is left of a rule. Rows are shared by the lanes of all clients and hold nothing about a client but its id, in the key.
create table sending_bucket (
    key text not null,
    tokens double precision default 0 not null,
    filled_at timestamptz default '-infinity' not null,
    day date,
    used bigint default 0 not null,
    constraint sending_bucket_pkey primary key (key)
)
 with (fillfactor = 50);

-- What is left of one packet's share of a rule, while several packets want more than there is.
create table sending_share (
    key text not null,
    packet_id uuid not null,
    tokens double precision not null,
    filled_at timestamptz not null,
    hungry_until timestamptz not null,
    deadline timestamptz,
    constraint sending_share_pkey primary key (key, packet_id)
)
 with (fillfactor = 50);

-- The countries to which a client may send. A client without any row may send to its own region only; '*' is every country.
create table client_country (
    client_id uuid not null,
    country text not null,
    allowed_at timestamptz default now() not null,
    constraint client_country_pkey primary key (client_id, country),
    constraint client_country_form_check check (country ~ '^([A-Z]{2}|001|\*)$'),
    constraint client_country_client_id_fkey foreign key (client_id) references client (id)
);

select protect_tenant_table('client_country');

-- When a packet is expected to be all out: the newest forecast, and the first one since its sending began, with when it really was.
-- `due` are the messages that could go at once, by channel: what the forecasts of others have to share their limits with.
create table packet_forecast (
    packet_id uuid not null,
    client_id uuid not null,
    made_at timestamptz not null,
    all_out_at timestamptz,
    messages integer not null,
    late integer not null,
    due jsonb not null,
    first_made_at timestamptz,
    first_all_out_at timestamptz,
    done_at timestamptz,
    constraint packet_forecast_pkey primary key (packet_id),
    constraint packet_forecast_client_id_fkey foreign key (client_id) references client (id),
    constraint packet_forecast_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

select protect_tenant_table('packet_forecast');
