-- The database enforces the ledger's rules (docs/protocols.md#ledger): a balance follows its entries, a journal must add up to zero at
-- commit, and no entry can be changed or deleted.

create function book_entry() returns trigger
language plpgsql as $$
begin
    update account set balance_minor = balance_minor + new.amount_minor where id = new.account_id;
    return null;
end
$$;

create trigger book_entry after insert on entry for each row execute function book_entry();

create function journal_adds_up() returns trigger
language plpgsql as $$
begin
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

create constraint trigger journal_adds_up after insert on entry
    deferrable initially deferred for each row execute function journal_adds_up();

create function booked_for_good() returns trigger
language plpgsql as $$
begin
    raise exception 'the ledger is append-only: book a reversing journal instead' using errcode = 'insufficient_privilege';
end
$$;

create trigger booked_for_good before update or delete on entry for each row execute function booked_for_good();
create trigger booked_for_good before update or delete on journal for each row execute function booked_for_good();
revoke update, delete on entry, journal from packetboat_app, packetboat_worker;
