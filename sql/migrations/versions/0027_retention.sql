-- Personal data of a packet is erased some days after the packet; the accounts stay (B18).

alter table data_packet add column erased_at timestamptz;

-- The proof of an erasure: how much of a packet was erased, when and why. `kind` is retention (the whole packet) or person.
create table packet_erasure (
    id uuid default uuidv7() not null,
    client_id uuid not null,
    packet_id uuid not null,
    kind text not null,
    retention_days integer,
    rows integer not null,
    messages integer not null,
    erased_at timestamptz default now() not null,
    constraint packet_erasure_pkey primary key (id),
    constraint packet_erasure_client_id_fkey foreign key (client_id) references client (id),
    constraint packet_erasure_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);
create index packet_erasure_packet_id_idx on packet_erasure (packet_id);
select protect_tenant_table('packet_erasure');

-- The keyed hashes of the addresses that were erased from a packet, by which a search proves that they are gone.
create table erased_address (
    packet_id uuid not null,
    address_hash bytea not null,
    client_id uuid not null,
    constraint erased_address_pkey primary key (packet_id, address_hash)
);
create index erased_address_address_hash_idx on erased_address (client_id, address_hash);
select protect_tenant_table('erased_address');

create trigger append_only before update or delete or truncate on packet_erasure
    for each statement execute function refuse_change();
revoke update, delete on packet_erasure, erased_address from packetboat_app, packetboat_worker;
