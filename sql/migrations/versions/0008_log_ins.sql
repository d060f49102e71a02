-- A log-in of the portal is a row: once it is deleted, its cookie is worthless. Failed log-ins are counted per name, whether or not a
-- user has that name.

create table login_session (
    digest bytea not null,
    user_id integer not null,
    browser text not null,
    idle interval not null,
    started_at timestamptz default now() not null,
    seen_at timestamptz default now() not null,
    ends_at timestamptz not null,
    constraint login_session_pkey primary key (digest)
);

create index login_session_user_id_idx on login_session (user_id);

create table login_delay (
    name_digest bytea not null,
    failures integer not null,
    tried_at timestamptz not null,
    next_try_at timestamptz not null,
    constraint login_delay_pkey primary key (name_digest)
);

create index login_delay_tried_at_idx on login_delay (tried_at);

-- Only the portal needs these tables.
revoke all on login_session, login_delay from packetboat_worker;

-- A member of staff belongs to no client, and is notified of a new password as well.
alter table outbox alter column client_id drop not null;
