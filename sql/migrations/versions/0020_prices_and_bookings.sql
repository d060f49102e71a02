-- What messages cost, and what becomes of the money (docs/decisions/0025).

-- The country of a phone number (ISO 3166): prices, limits and denials depend on it.
alter table clean_row add column phone_country text;
alter table message add column country text;

-- The price, frozen at assembly. A message of several segments that is charged by the segment also keeps the price of one.
alter table message
    add column price_minor bigint default 0 not null,
    add column segment_price_minor bigint,
    add column billed_segments smallint;

-- Price lists: of the platform (no client) or of one client. An import adds a version and changes none.
create table price_list (
    id uuid default uuidv7() not null,
    client_id uuid,
    version integer not null,
    currency text not null,
    imported_at timestamptz default now() not null,
    imported_by text not null,
    constraint price_list_pkey primary key (id),
    constraint price_list_client_id_version_key unique nulls not distinct (client_id, version),
    constraint price_list_id_client_id_key unique (id, client_id),
    constraint price_list_client_id_fkey foreign key (client_id) references client (id)
);

create table price (
    id uuid default uuidv7() not null,
    list_id uuid not null,
    client_id uuid,
    valid_from date not null,
    channel text not null,
    country text not null,
    unit text not null,
    price_minor bigint not null,
    constraint price_pkey primary key (id),
    constraint price_not_negative_check check (price_minor >= 0),
    constraint price_known_unit_check check (unit in ('segment', 'message', 'forward')),
    constraint price_list_id_fkey foreign key (list_id, client_id) references price_list (id, client_id)
);

-- A way of forwarding replies may be called like a channel, and has a price of its own.
create unique index price_once_key on price (list_id, channel, country, valid_from, (unit = 'forward'));

-- A client reads the platform's lists as well as its own, and writes none.
create function protect_price_table(price_table regclass) returns void
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', price_table);
    execute format('alter table %s force row level security', price_table);
    execute format(
        'create policy own_client on %s for select using (
             client_id is null or client_id = (select nullif(current_setting(''packetboat.client_id'', true), '''')::uuid))',
        price_table);
    execute format(
        'create policy every_client on %s using ((select current_setting(''packetboat.scope'', true)) = ''every_client'')',
        price_table);
end
$$;
select protect_price_table('price_list');
select protect_price_table('price');

-- What a packet costs: which version of a list priced it, and whether the money is reserved. No row: it costs nothing. A packet that is closed
-- while it waits for credit is `ended`: nothing of it will be reserved.
create table packet_charge (
    packet_id uuid not null,
    client_id uuid not null,
    price_list_id uuid not null,
    currency text not null,
    state text not null,
    messages integer not null,
    total_minor bigint not null,
    missing_minor bigint default 0 not null,
    never_reserved_minor bigint default 0 not null,
    likely_low_minor bigint not null,
    likely_high_minor bigint not null,
    reasons jsonb default '[]' not null,
    made_at timestamptz default now() not null,
    constraint packet_charge_pkey primary key (packet_id),
    constraint packet_charge_known_state_check check (state in ('waiting', 'reserved', 'ended')),
    constraint packet_charge_client_id_fkey foreign key (client_id) references client (id),
    constraint packet_charge_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id)
);
create index packet_charge_waiting_idx on packet_charge (client_id) where state = 'waiting';
select protect_tenant_table('packet_charge');

-- A journal says what moves; the entries follow from it at commit.
alter table journal
    add column packet_id uuid,
    add column currency text,
    add column paid_minor bigint default 0 not null,
    add column reserved_minor bigint default 0 not null,
    add column spent_minor bigint default 0 not null,
    add column messages integer default 0 not null,
    add column note text,
    add constraint journal_packet_id_fkey foreign key (packet_id, client_id) references data_packet (id, client_id);
create index journal_packet_id_idx on journal (packet_id) where packet_id is not null;
create index journal_client_id_created_at_idx on journal (client_id, created_at);

alter table account drop constraint account_never_below_zero_check;
alter table account add constraint account_on_its_side_check
    check (case when kind in ('paid_in', 'owed') then balance_minor <= 0 else balance_minor >= 0 end);

-- Money given back for messages that were charged.
create table refund (
    message_id uuid not null,
    reason text not null,
    client_id uuid not null,
    journal_id uuid not null,
    amount_minor bigint not null,
    constraint refund_pkey primary key (message_id, reason),
    constraint refund_positive_check check (amount_minor > 0),
    constraint refund_client_id_fkey foreign key (client_id) references client (id),
    constraint refund_journal_id_fkey foreign key (journal_id, client_id) references journal (id, client_id)
);
select protect_tenant_table('refund');

-- What a client, or whoever looks after it, has to know: about its money, complaints. `subject` is the currency, where each
-- has an alarm of its own.
create table client_alarm (
    client_id uuid not null,
    code text not null,
    subject text default '' not null,
    params jsonb default '{}' not null,
    raised_at timestamptz default now() not null,
    constraint client_alarm_pkey primary key (client_id, code, subject),
    constraint client_alarm_client_id_fkey foreign key (client_id) references client (id)
);
select protect_tenant_table('client_alarm');

alter table client
    add column alarm_address text,
    add column credit_alarm_percent smallint default 20 not null,
    add constraint client_credit_alarm_percent_check check (credit_alarm_percent between 0 and 100);

revoke update, delete on price_list, price, refund from packetboat_app, packetboat_worker;
create trigger booked_for_good before update or delete on refund for each row execute function booked_for_good();

-- What is charged for an accepted message: its frozen price, or less when the provider counted fewer segments (0:
-- it has not counted yet); never more than was reserved.
create function message_charge(price_minor bigint, segment_price_minor bigint, billed_segments smallint) returns bigint
language sql immutable parallel safe
return case
    when segment_price_minor is null or nullif(billed_segments, 0) is null then price_minor
    else least(price_minor, segment_price_minor * billed_segments)
end;

-- Notes which clients this transaction books for, so that the first booking can lock the accounts of all of them.
create function note_booking() returns trigger
language plpgsql as $$
declare
    noted text := coalesce(current_setting('packetboat.to_book', true), '');
    booking text := new.client_id || ':' || new.currency;
begin
    if not booking = any(string_to_array(noted, ' ')) then
        perform set_config('packetboat.to_book', ltrim(noted || ' ' || booking), true);
    end if;
    return null;
end
$$;

create trigger a_note_booking after insert on journal for each row when (new.currency is not null) execute function note_booking();

-- Opens and locks the accounts that this transaction books on. It is one statement, in the order of the accounts' ids: transactions that move
-- messages of several clients, each in its own order, would otherwise deadlock. It locks all accounts of a client even if only some change,
-- because a transaction that books twice would come back for one that another holds.
create function lock_noted_accounts() returns void
language plpgsql as $$
declare
    noted text[] := string_to_array(nullif(current_setting('packetboat.to_book', true), ''), ' ');
    clients uuid[] := array(select distinct cast(split_part(booking, ':', 1) as uuid) from unnest(noted) as booking);
begin
    if noted is null then
        return;
    end if;
    perform set_config('packetboat.to_book', '', true);
    insert into account (client_id, kind, currency)
    select cast(split_part(booking, ':', 1) as uuid), kind, split_part(booking, ':', 2)
    from unnest(noted) as booking
    cross join unnest(array['available', 'owed', 'paid_in', 'reserved', 'spent']) as kind
    where not exists (
        select from account
        where
            account.client_id = cast(split_part(booking, ':', 1) as uuid) and account.kind = kind
            and account.currency = split_part(booking, ':', 2)
    )
    order by 1, 2
    on conflict do nothing;
    perform from account where client_id = any(clients) order by id for no key update;
end
$$;

-- Books the journals of messages (below) and all others at commit, when everything else of the transaction is locked: accounts come last, and
-- are locked for the time of the commit only. What available credit does not cover is owed, but only where a message has gone out already (a
-- late report says so); the next credit pays debts first.
create function book_journal() returns trigger
language plpgsql as $$
declare
    available bigint := new.paid_minor - new.reserved_minor - new.spent_minor;
    owed bigint := 0;
    wallet record;
begin
    perform lock_noted_accounts();
    if available <> 0 then
        select
            coalesce(sum(balance_minor) filter (where kind = 'available'), 0) as available,
            coalesce(sum(balance_minor) filter (where kind = 'owed'), 0) as owed
        into wallet
        from account
        where client_id = new.client_id and currency = new.currency;
        if new.kind in ('capture', 'reopen', 'reversal', 'forward') and wallet.available + available < 0 then
            owed := wallet.available + available;
            available := -wallet.available;
        elsif available > 0 and wallet.owed < 0 then
            owed := least(available, -wallet.owed);
            available := available - owed;
        end if;
    end if;
    insert into entry (client_id, journal_id, account_id, amount_minor)
    select new.client_id, new.id, account.id, part.amount
    from (
        values
            ('available', available), ('owed', owed), ('paid_in', -new.paid_minor),
            ('reserved', new.reserved_minor), ('spent', new.spent_minor)
    ) as part (kind, amount)
    join account on account.kind = part.kind and account.client_id = new.client_id and account.currency = new.currency
    where part.amount <> 0
    order by account.id;
    return null;
end
$$;

create constraint trigger book_journal after insert on journal
    deferrable initially deferred for each row when (new.currency is not null) execute function book_journal();

-- Moves money with the states of messages, whoever moves them: it is reserved while a message may still go out, spent when the provider has
-- taken it, and free otherwise. The sums before and after a statement give one journal per packet. Messages without a price return at once.
create function book_moves() returns trigger
language plpgsql as $$
declare
    moved record;
    bill record;
begin
    if not exists (select from message_after where price_minor <> 0) then
        return null;
    end if;
    -- A claim books nothing: its messages were reserved before and stay so.
    if not exists (select from message_after where price_minor <> 0 and state not in ('ready', 'sending', 'unknown'))
        and not exists (select from message_before where price_minor <> 0 and state not in ('ready', 'sending', 'unknown'))
    then
        return null;
    end if;
    -- A move from charged to charged is the most frequent: it costs nothing unless the provider's count of segments changes.
    if not exists (
            select from message_before where price_minor <> 0 and state not in ('accepted', 'sent', 'delivered', 'undelivered')
        )
        and not exists (
            select from message_after where price_minor <> 0 and state not in ('accepted', 'sent', 'delivered', 'undelivered')
        )
        and not exists (select id, billed_segments from message_before except select id, billed_segments from message_after)
    then
        return null;
    end if;
    for moved in
        select
            packet_id,
            coalesce(sum(sign * price_minor) filter (where is_open), 0) as reserved,
            coalesce(sum(sign * greatest(0, charge - coalesce(refunded.minor, 0))), 0) as spent,
            greatest(
                abs(coalesce(sum(sign) filter (where is_open), 0)), abs(coalesce(sum(sign) filter (where charge is not null), 0))
            ) as messages
        from (
            select
                sign, id, packet_id, price_minor,
                state in ('ready', 'sending', 'unknown') as is_open,
                case
                    when state in ('accepted', 'sent', 'delivered', 'undelivered')
                        then message_charge(price_minor, segment_price_minor, billed_segments)
                end as charge
            from (
                select 1 as sign, id, packet_id, state, price_minor, segment_price_minor, billed_segments from message_after
                union all
                select -1, id, packet_id, state, price_minor, segment_price_minor, billed_segments from message_before
            ) as version
            where price_minor <> 0
            offset 0
        ) as held
        left join (
            select message_id, sum(amount_minor) as minor
            from refund
            where message_id = any(array(
                select id from message_after where state in ('accepted', 'sent', 'delivered', 'undelivered')
                union all
                select id from message_before where state in ('accepted', 'sent', 'delivered', 'undelivered')
            ))
            group by message_id
        ) as refunded on refunded.message_id = held.id
        group by packet_id
        order by packet_id
    loop
        continue when moved.reserved = 0 and moved.spent = 0;
        select client_id, currency, state into bill from packet_charge where packet_id = moved.packet_id;
        if bill.state = 'waiting' then
            -- The money may be reserved right now: then these messages are counted in, and leave the reserve here. Whoever closes the packet
            -- need not wait for this lock.
            select client_id, currency, state into bill from packet_charge where packet_id = moved.packet_id for key share;
        end if;
        if bill.state <> 'reserved' then
            moved.reserved := 0; -- what was taken nevertheless, as people know of a restored packet, is paid for
        end if;
        continue when bill.state is null or (moved.reserved = 0 and moved.spent = 0);
        insert into journal (client_id, packet_id, unique_key, kind, currency, reserved_minor, spent_minor, messages)
        select
            bill.client_id, moved.packet_id, concat_ws(':', kind, moved.packet_id, uuidv7()), kind, bill.currency,
            moved.reserved, moved.spent, moved.messages
        from (
            select case
                when moved.spent > 0 then 'capture' when moved.spent < 0 then 'reversal'
                when moved.reserved < 0 then 'release' else 'reopen'
            end as kind
        ) as named;
    end loop;
    return null;
end
$$;

create trigger book_moves after update on message
    referencing old table as message_before new table as message_after
    for each statement execute function book_moves();

-- A refund returns a charge, or a part of it; all refunds of a message together never more than was charged.
create function refund_within_charge() returns trigger
language plpgsql as $$
declare
    charged bigint;
begin
    select message_charge(price_minor, segment_price_minor, billed_segments) into charged
    from message
    where
        id = new.message_id and client_id = new.client_id
        and state in ('accepted', 'sent', 'delivered', 'undelivered')
    for update;
    if new.amount_minor > coalesce(charged, 0) - coalesce((select sum(amount_minor) from refund where message_id = new.message_id), 0) then
        raise exception 'more would be refunded than was charged' using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create trigger refund_within_charge before insert on refund for each row execute function refund_within_charge();
