-- Proof 4: what is spent is what the messages cost that a provider has taken, less refunds, and what it cost to forward replies.
-- Grain: a client and currency that differ. No parameters.
with cost as (
    select
        message.client_id, charge.currency,
        greatest(
            0,
            message_charge(message.price_minor, message.segment_price_minor, message.billed_segments) - coalesce(refunded.total, 0)
        ) as minor
    from message
    join packet_charge as charge on charge.packet_id = message.packet_id
    left join (select message_id, sum(amount_minor) as total from refund group by message_id) as refunded
        on refunded.message_id = message.id
    where message.price_minor <> 0 and message.state in ('accepted', 'sent', 'delivered', 'undelivered')
    union all
    select client_id, fee_currency, fee_minor from reply where fee_minor <> 0
)
select
    coalesce(account.client_id, taken.client_id) as client_id, coalesce(account.currency, taken.currency) as currency,
    coalesce(taken.total, 0) as expected, coalesce(account.balance_minor, 0) as actual
from (select * from account where kind = 'spent') as account
full join (
    select client_id, currency, cast(sum(minor) as bigint) as total
    from cost
    group by client_id, currency
) as taken on taken.client_id = account.client_id and taken.currency = account.currency
where coalesce(account.balance_minor, 0) <> coalesce(taken.total, 0)
