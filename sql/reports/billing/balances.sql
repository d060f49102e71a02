-- What a client has paid, and what became of it. Grain: a currency. Parameter: client_id.
select
    currency,
    cast(coalesce(-sum(balance_minor) filter (where kind = 'paid_in'), 0) as bigint) as paid_in_minor,
    cast(coalesce(-sum(balance_minor) filter (where kind = 'owed'), 0) as bigint) as owed_minor,
    cast(coalesce(sum(balance_minor) filter (where kind = 'spent'), 0) as bigint) as spent_minor,
    cast(coalesce(sum(balance_minor) filter (where kind = 'reserved'), 0) as bigint) as reserved_minor,
    cast(coalesce(sum(balance_minor) filter (where kind = 'available'), 0) as bigint) as available_minor
from account
where client_id = :client_id
group by currency
order by currency
