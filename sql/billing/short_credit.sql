-- The clients whose free credit is less than what the newest packet of one of their feeds cost: the next one will probably not fit.
-- Feeds without a packet in the last 40 days are over. `event` is the last money that came in, also by hand; the month, if none ever did.
-- Grain: a client and currency, with its most expensive feed. No parameters.
select distinct on (usual.client_id, usual.currency)
    usual.client_id, usual.currency, usual.total_minor, coalesce(account.balance_minor, 0) as free_minor,
    coalesce(
        (
            select cast(id as text)
            from journal
            where
                journal.client_id = usual.client_id and kind in ('top_up', 'adjust') and paid_minor > 0
                and journal.currency = usual.currency
            order by created_at desc
            limit 1
        ),
        to_char(now(), 'YYYY-MM')
    ) as event
from (
    select distinct on (packet.feed_id) packet.client_id, charge.currency, charge.total_minor
    from packet_charge as charge
    join data_packet as packet on packet.id = charge.packet_id
    where packet.received_at > now() - interval '40 days'
    order by packet.feed_id, packet.id desc
) as usual
left join account
    on account.client_id = usual.client_id and account.currency = usual.currency and account.kind = 'available'
where coalesce(account.balance_minor, 0) < usual.total_minor
order by usual.client_id, usual.currency, usual.total_minor desc
