-- A signature that does not cover the body (Mailgun's) is valid for one body only, which is remembered here until the signature expires.

create table hook_signature (
    digest bytea not null,
    body_digest bytea not null,
    until timestamptz not null,
    constraint hook_signature_pkey primary key (digest)
);

create index hook_signature_until_idx on hook_signature (until);
