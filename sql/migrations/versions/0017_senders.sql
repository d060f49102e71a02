-- A client's senders are rows, and each call records the one that it used (no foreign key: calls are inserted in bulk). The parts of a
-- channel other than subject and body share one column, so that a new channel needs no migration.

create table sender (
    id uuid default uuidv7() not null,
    client_id uuid not null,
    channel text not null,
    provider text not null,
    address text not null,
    state text default 'active' not null,
    created_at timestamptz default now() not null,
    constraint sender_pkey primary key (id),
    constraint sender_client_id_channel_provider_address_key unique (client_id, channel, provider, address),
    constraint sender_client_id_fkey foreign key (client_id) references client (id)
);

create unique index sender_active_key on sender (client_id, channel) where state = 'active';

select protect_tenant_table('sender');

alter table provider_call add column sender_id uuid;
alter table template add column parts jsonb;
alter table message add column parts jsonb;
