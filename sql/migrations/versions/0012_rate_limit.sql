-- How often an address has asked within a window of time: shared by all processes of the portal, and still known after a restart of one.

create table rate_limit (
    digest bytea not null,
    hits integer not null,
    ends_at timestamptz not null,
    constraint rate_limit_pkey primary key (digest)
);

create index rate_limit_ends_at_idx on rate_limit (ends_at);

-- Who may log in is the portal's matter alone.
revoke all on rate_limit from packetboat_worker;
