-- How many requests an address has made in a window of time: shared by all processes of the portal, and kept across restarts.

create table rate_limit (
    digest bytea not null,
    hits integer not null,
    ends_at timestamptz not null,
    constraint rate_limit_pkey primary key (digest)
);

create index rate_limit_ends_at_idx on rate_limit (ends_at);

-- Only the portal needs this table.
revoke all on rate_limit from packetboat_worker;
