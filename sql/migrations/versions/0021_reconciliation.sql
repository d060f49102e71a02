-- What is done about calls whose outcome is unknown (docs/decisions/0026), about messages of which no final word came, and about messages
-- that may have gone out twice.

-- The events of the inbox that are not applied yet. A table of its own, because a change of a row in the large inbox would cost as much as all
-- else that is done about an event. What became of an event is told by its row in message_event; the inbox says only `unmatched`.
-- An event that cannot be applied is set aside: it is tried again at `next_try_at`. `problem` is the code of the error, `suppressed` whether the
-- address in it is suppressed already.
create table open_event (
    inbox_id bigint not null,
    next_try_at timestamptz,
    problem text,
    tries smallint default 0 not null,
    suppressed boolean default false not null,
    constraint open_event_pkey primary key (inbox_id)
);

create index open_event_next_try_at_idx on open_event (next_try_at) where next_try_at is not null;

drop index event_inbox_open_idx;
alter table event_inbox drop column applied_at;
alter table message_event add column outcome text not null;

-- One row for each call that is or was unknown. `next_at` is when the provider's list is read next: infinity if it is not. `empty` counts the
-- complete readings without the call, the last of them at `empty_at`. `reason` says why a person must decide; `decision` (received |
-- not_received) is theirs, and is final.
create table call_check (
    call_id uuid not null,
    client_id uuid not null,
    packet_id uuid not null,
    next_at timestamptz not null,
    owner uuid,
    empty smallint default 0 not null,
    empty_at timestamptz,
    failures smallint default 0 not null,
    reason text,
    decision text,
    decided_by text,
    decided_at timestamptz,
    constraint call_check_pkey primary key (call_id),
    constraint call_check_client_id_fkey foreign key (client_id) references client (id),
    constraint call_check_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

create index call_check_next_at_idx on call_check (next_at) where decision is null;
create index call_check_packet_id_idx on call_check (packet_id);

select protect_tenant_table('call_check');

-- An attempt that was closed as not accepted, and of which the provider reported later that it has it. `noted_at` is when a person saw it.
create table late_proof (
    attempt_id uuid not null,
    client_id uuid not null,
    packet_id uuid not null,
    message_id uuid not null,
    inbox_id bigint not null,
    resent boolean not null,
    found_at timestamptz default now() not null,
    noted_by text,
    noted_at timestamptz,
    constraint late_proof_pkey primary key (attempt_id),
    constraint late_proof_client_id_fkey foreign key (client_id) references client (id),
    constraint late_proof_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

create index late_proof_packet_id_idx on late_proof (packet_id);

select protect_tenant_table('late_proof');

-- How far the provider has been asked about a channel of a packet: the messages without a final word, in the order of the claim index.
create table report_poll (
    packet_id uuid not null,
    channel text not null,
    client_id uuid not null,
    round smallint default 0 not null,
    next_at timestamptz not null,
    after_expires timestamptz default '-infinity' not null,
    after_row integer default -1 not null,
    owner uuid,
    constraint report_poll_pkey primary key (packet_id, channel),
    constraint report_poll_client_id_fkey foreign key (client_id) references client (id),
    constraint report_poll_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

create index report_poll_next_at_idx on report_poll (next_at);

select protect_tenant_table('report_poll');

-- The comparison of a provider account's list of a day with what we recorded (docs/decisions/0033). `listed` is null if it was not read.
-- `differences` has the number of messages and some references for each side. An account is used by many clients, so this belongs to none.
create table listed_day (
    account text not null,
    day date not null,
    outcome text not null,
    listed bigint,
    accepted bigint,
    differences jsonb default '[]' not null,
    compared_at timestamptz default now() not null,
    constraint listed_day_pkey primary key (account, day)
);

-- Which account at a provider is in use, and since when: the list of another proves nothing about a call (docs/decisions/0026).
create table provider_account (
    account text not null,
    identity text not null,
    since timestamptz not null,
    constraint provider_account_pkey primary key (account)
);

-- Messages of our own that a provider lists, too: notices, and answers to STOP. They belong to no packet.
create table own_message (
    provider_ref text not null,
    sent_at timestamptz default now() not null,
    constraint own_message_pkey primary key (provider_ref)
);
