-- The clients whose free credit is less than what the newest packet of one of their feeds cost: the next one will probably not fit.
-- Feeds without a packet in the last 40 days are over. Grain: a client, with its most expensive feed. No parameters.
select distinct on (usual.client_id)
    usual.client_id, usual.currency, usual.total_minor, coalesce(account.balance_minor, 0) as free_minor,
    (
        select id
        from journal
        where journal.client_id = usual.client_id and kind = 'top_up' and journal.currency = usual.currency
        order by created_at desc
        limit 1
    ) as payment_id
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
order by usual.client_id, usual.total_minor desc
