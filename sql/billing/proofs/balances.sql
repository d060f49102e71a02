-- Proof 2: each balance is the sum of its entries. Grain: an account that differs. No parameters.
select account.client_id, account.currency, cast(coalesce(booked.total, 0) as bigint) as expected, account.balance_minor as actual
from account
left join (
    select account_id, sum(amount_minor) as total
    from entry
    group by account_id
) as booked on booked.account_id = account.id
where account.balance_minor <> coalesce(booked.total, 0)
