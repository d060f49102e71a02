-- A row refers only to rows of its own client: foreign keys bypass row-level security, so they include the client.

alter table account add constraint account_id_client_id_key unique (id, client_id);
alter table campaign add constraint campaign_id_client_id_key unique (id, client_id);
alter table campaign_version add constraint campaign_version_id_client_id_key unique (id, client_id);
alter table data_packet add constraint data_packet_id_client_id_key unique (id, client_id);
alter table feed add constraint feed_id_client_id_key unique (id, client_id);
alter table journal add constraint journal_id_client_id_key unique (id, client_id);
alter table load_map add constraint load_map_id_client_id_key unique (id, client_id);

alter table feed drop constraint feed_campaign_id_fkey;
alter table feed add constraint feed_campaign_id_fkey foreign key (campaign_id, client_id) references campaign (id, client_id);
alter table template drop constraint template_campaign_id_fkey;
alter table template add constraint template_campaign_id_fkey foreign key (campaign_id, client_id) references campaign (id, client_id);
alter table load_map drop constraint load_map_feed_id_fkey;
alter table load_map add constraint load_map_feed_id_fkey foreign key (feed_id, client_id) references feed (id, client_id);
alter table data_packet drop constraint data_packet_campaign_id_fkey;
alter table data_packet add constraint data_packet_campaign_id_fkey foreign key (campaign_id, client_id) references campaign (id, client_id);
alter table campaign_version drop constraint campaign_version_campaign_id_fkey;
alter table campaign_version add constraint campaign_version_campaign_id_fkey foreign key (campaign_id, client_id) references campaign (id, client_id);
alter table data_packet drop constraint data_packet_campaign_version_id_fkey;
alter table data_packet add constraint data_packet_campaign_version_id_fkey foreign key (campaign_version_id, client_id) references campaign_version (id, client_id);
alter table data_packet drop constraint data_packet_feed_id_fkey;
alter table data_packet add constraint data_packet_feed_id_fkey foreign key (feed_id, client_id) references feed (id, client_id);
alter table data_packet drop constraint data_packet_load_map_id_fkey;
alter table data_packet add constraint data_packet_load_map_id_fkey foreign key (load_map_id, client_id) references load_map (id, client_id);
alter table packet_step drop constraint packet_step_packet_id_fkey;
alter table packet_step add constraint packet_step_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id);
alter table packet_total drop constraint packet_total_packet_id_fkey;
alter table packet_total add constraint packet_total_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id);
alter table quality_result drop constraint quality_result_packet_id_fkey;
alter table quality_result add constraint quality_result_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id);
alter table packet_watch drop constraint packet_watch_packet_id_fkey;
alter table packet_watch add constraint packet_watch_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id);
alter table packet_alarm drop constraint packet_alarm_packet_id_fkey;
alter table packet_alarm add constraint packet_alarm_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id);
alter table entry drop constraint entry_journal_id_fkey;
alter table entry add constraint entry_journal_id_fkey foreign key (journal_id, client_id) references journal (id, client_id);
alter table entry drop constraint entry_account_id_fkey;
alter table entry add constraint entry_account_id_fkey foreign key (account_id, client_id) references account (id, client_id);

-- An entry that changes no balance is refused: its account does not exist, is another client's, or is not visible to the user.
create or replace function book_entry() returns trigger
language plpgsql as $$
begin
    update account set balance_minor = balance_minor + new.amount_minor
    where id = new.account_id and client_id = new.client_id;
    if not found then
        raise exception 'entry % books on an account that is not there for client %', new.id, new.client_id
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end
$$;

-- The entries of a journal belong to one client. A user who cannot see the new entry at commit sees none of them, so their sum would prove
-- nothing.
create or replace function journal_adds_up() returns trigger
language plpgsql as $$
begin
    if not exists (select from entry where id = new.id) then
        raise exception 'journal % cannot be seen, so nobody knows whether it adds up', new.journal_id
            using errcode = 'check_violation';
    end if;
    if exists (
        select 1
        from entry
        join account on account.id = entry.account_id
        where entry.journal_id = new.journal_id
        group by account.currency
        having sum(entry.amount_minor) <> 0
    ) then
        raise exception 'journal % does not add up to zero', new.journal_id using errcode = 'check_violation';
    end if;
    return null;
end
$$;

-- Why the lanes of a channel wait, and until when: they succeed, and a periodic task starts them again (docs/decisions/0024). `setbacks`
-- counts the pauses in a row without a clear answer, so that the next one is longer.
create table channel_wait (
    packet_id uuid not null,
    channel text not null,
    client_id uuid not null,
    code text not null,
    setbacks integer not null,
    since timestamptz default now() not null,
    until timestamptz not null,
    constraint channel_wait_pkey primary key (packet_id, channel),
    constraint channel_wait_client_id_fkey foreign key (client_id) references client (id),
    constraint channel_wait_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);

select protect_tenant_table('channel_wait');

-- When each errand of `pulse` was last started: a monitor sees from it that tasks are really run.
create table errand_mark (
    name text not null,
    begun_at timestamptz default now() not null,
    constraint errand_mark_pkey primary key (name)
);
