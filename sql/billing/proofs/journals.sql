-- Proof: each journal is booked as it says: payments, reserves and charges, each on its account. Grain: a client and currency with a journal that
-- differs; `actual` is by how much in all, whatever the direction. No parameters.
with booked as materialized (
    select
        entry.journal_id,
        coalesce(sum(entry.amount_minor) filter (where account.kind = 'paid_in'), 0) as paid,
        coalesce(sum(entry.amount_minor) filter (where account.kind = 'reserved'), 0) as reserved,
        coalesce(sum(entry.amount_minor) filter (where account.kind = 'spent'), 0) as spent
    from entry
    join account on account.id = entry.account_id
    group by entry.journal_id
),
difference as (
    select
        journal.client_id, journal.currency,
        abs(journal.paid_minor + coalesce(booked.paid, 0)) + abs(journal.reserved_minor - coalesce(booked.reserved, 0))
        + abs(journal.spent_minor - coalesce(booked.spent, 0)) as minor
    from journal
    left join booked on booked.journal_id = journal.id
    where journal.currency is not null
)
select client_id, currency, 0::bigint as expected, cast(sum(minor) as bigint) as actual
from difference
where minor <> 0
group by client_id, currency
