-- The clients whose credit runs low: less than their share of the last payment is free. `event` is that payment: nothing but the next one ends it
-- for long. Grain: a client and currency. No parameters.
select client.id as client_id, account.currency, account.balance_minor as free_minor, paid.paid_minor, cast(paid.id as text) as event
from client
join account on account.client_id = client.id and account.kind = 'available'
cross join lateral (
    select id, paid_minor
    from journal
    where client_id = client.id and kind = 'top_up' and currency = account.currency
    order by created_at desc
    limit 1
) as paid
where account.balance_minor * 100 < paid.paid_minor * client.credit_alarm_percent
