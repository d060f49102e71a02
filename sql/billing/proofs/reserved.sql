-- Proof 3: what is reserved is the price of the messages that may still go out, of packets whose credit is reserved.
-- Grain: a client and currency that differ. No parameters.
select
    coalesce(account.client_id, owed.client_id) as client_id, coalesce(account.currency, owed.currency) as currency,
    coalesce(owed.total, 0) as expected, coalesce(account.balance_minor, 0) as actual
from (select * from account where kind = 'reserved') as account
full join (
    select message.client_id, charge.currency, cast(sum(message.price_minor) as bigint) as total
    from message
    join packet_charge as charge on charge.packet_id = message.packet_id and charge.state = 'reserved'
    where message.price_minor <> 0 and message.state in ('ready', 'sending', 'unknown')
    group by message.client_id, charge.currency
) as owed on owed.client_id = account.client_id and owed.currency = account.currency
where coalesce(account.balance_minor, 0) <> coalesce(owed.total, 0)
