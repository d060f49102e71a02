-- What people answer. A reply is stored before it is known whose it is: without a client, row-level security shows it to nobody but the
-- pipeline and the support staff.

-- One that cannot be processed is set aside: it is tried again at `next_try_at`. `problem` is the code of the error, `suppressed` whether a
-- wish to stop or start in it has taken effect already.
create table reply (
    id uuid default uuidv7() not null,
    client_id uuid,
    provider text not null,
    unique_key text not null,
    channel text not null,
    to_addresses text[] not null,
    from_address text not null,
    subject text,
    body text not null,
    thread text[] not null,
    automatic boolean not null,
    raw jsonb not null,
    received_at timestamptz default now() not null,
    kind text,
    meant text,
    unsure boolean default false not null,
    outcome text,
    next_try_at timestamptz,
    problem text,
    tries smallint default 0 not null,
    suppressed boolean default false not null,
    sender_id uuid,
    packet_id uuid,
    row_no integer,
    message_id uuid,
    answered_at timestamptz,
    forwarding text,
    forwarded_at timestamptz,
    fee_minor bigint default 0 not null,
    fee_currency text,
    handled_at timestamptz,
    handled_by text,
    constraint reply_pkey primary key (id),
    constraint reply_fee_check check (fee_minor >= 0 and (fee_minor = 0 or forwarding = 'delivered' and fee_currency is not null)),
    constraint reply_unique_key_key unique (unique_key),
    constraint reply_client_id_fkey foreign key (client_id) references client (id),
    constraint reply_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

create index reply_open_idx on reply (id) where outcome is null;
create index reply_client_id_id_idx on reply (client_id, id);
create index reply_client_id_forwarded_at_idx on reply (client_id, forwarded_at);
create index reply_client_id_from_address_kind_idx on reply (client_id, from_address, kind);
create index reply_fee_idx on reply (client_id) where fee_minor <> 0;
create index reply_packet_idx on reply (packet_id) where packet_id is not null;

create table reply_setting (
    client_id uuid not null,
    contact text,
    forward_by text,
    forward_to text,
    daily_cap integer default 200 not null,
    changed_at timestamptz default now() not null,
    constraint reply_setting_pkey primary key (client_id),
    constraint reply_setting_client_id_fkey foreign key (client_id) references client (id),
    constraint reply_setting_whole_check check ((forward_by is null) = (forward_to is null)),
    constraint reply_setting_cap_check check (daily_cap >= 0)
);

create table hook_refusal (
    day date not null,
    provider text not null,
    reason text not null,
    refused bigint not null,
    constraint hook_refusal_pkey primary key (day, provider, reason)
);

select protect_tenant_table('reply');
select protect_tenant_table('reply_setting');

-- A reply names only two addresses. The hash keeps the index small; a state change of a message does not touch it. It is a column, because under
-- row security no index on an expression is used whose functions are not leakproof.
alter table message add column address_lookup integer generated always as (hashtext(comparable_address(address))) stored;
create index message_address_lookup_idx on message (address_lookup);
