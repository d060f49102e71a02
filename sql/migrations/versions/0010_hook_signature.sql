-- A signature that leaves the body out (Mailgun's) is good for one body alone: which one is remembered here for as long as it is believed.

create table hook_signature (
    digest bytea not null,
    body_digest bytea not null,
    until timestamptz not null,
    constraint hook_signature_pkey primary key (digest)
);

create index hook_signature_until_idx on hook_signature (until);
