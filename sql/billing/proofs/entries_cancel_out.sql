-- Proof 1: all entries of a client add up to zero in each currency. Grain: a client and currency that differ. No parameters.
select account.client_id, account.currency, 0::bigint as expected, cast(sum(entry.amount_minor) as bigint) as actual
from entry
join account on account.id = entry.account_id
group by account.client_id, account.currency
having sum(entry.amount_minor) <> 0
