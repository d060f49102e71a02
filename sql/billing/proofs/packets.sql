-- The money of packets: what was booked for a packet is what its messages and forwarded replies hold and cost, and its journals are booked as they say.
-- Grain: a packet and a law that does not hold. Parameter: packet_ids.
with packet_journal as materialized (
    select id, packet_id, kind, currency, reserved_minor, spent_minor
    from journal
    where packet_id = any(cast(:packet_ids as uuid[])) and currency is not null
),
journalled as (
    select packet_id, max(currency) as currency, sum(reserved_minor) as reserved, sum(spent_minor) as spent
    from packet_journal
    group by packet_id
),
booked as (
    select
        packet_journal.packet_id, sum(entry.amount_minor) as total,
        sum(entry.amount_minor) filter (where account.kind = 'reserved') as reserved,
        sum(entry.amount_minor) filter (where account.kind = 'spent') as spent
    from packet_journal
    join entry on entry.journal_id = packet_journal.id
    join account on account.id = entry.account_id
    group by packet_journal.packet_id
),
refunded as (
    select refund.message_id, sum(refund.amount_minor) as total
    from packet_journal
    join refund on refund.journal_id = packet_journal.id
    where packet_journal.kind = 'refund'
    group by refund.message_id
),
due as (
    select
        message.packet_id,
        sum(message.price_minor) filter (
            where message.state in ('ready', 'sending', 'unknown') and charge.state = 'reserved'
        ) as reserved,
        sum(greatest(
            0,
            message_charge(message.price_minor, message.segment_price_minor, message.billed_segments) - coalesce(refunded.total, 0)
        )) filter (where message.state in ('accepted', 'sent', 'delivered', 'undelivered')) as spent
    from message
    left join packet_charge as charge on charge.packet_id = message.packet_id
    left join refunded on refunded.message_id = message.id
    where message.packet_id = any(cast(:packet_ids as uuid[])) and message.price_minor <> 0
    group by message.packet_id
),
forwarded as (
    select packet_id, sum(fee_minor) as total
    from reply
    where packet_id = any(cast(:packet_ids as uuid[])) and fee_minor <> 0
    group by packet_id
)
select
    packet.id as packet_id, law.proof, packet.client_id, coalesce(charge.currency, journalled.currency, 'XXX') as currency,
    cast(coalesce(law.expected, 0) as bigint) as expected, cast(coalesce(law.actual, 0) as bigint) as actual
from data_packet as packet
left join packet_charge as charge on charge.packet_id = packet.id
left join journalled on journalled.packet_id = packet.id
left join booked on booked.packet_id = packet.id
left join due on due.packet_id = packet.id
left join forwarded on forwarded.packet_id = packet.id
cross join lateral (
    values
        ('packet_cancels_out', 0, booked.total),
        ('packet_reserved', due.reserved, booked.reserved),
        ('packet_spent', coalesce(due.spent, 0) + coalesce(forwarded.total, 0), booked.spent),
        ('packet_reserve_booked', journalled.reserved, booked.reserved),
        ('packet_charge_booked', journalled.spent, booked.spent)
) as law (proof, expected, actual)
where packet.id = any(cast(:packet_ids as uuid[])) and coalesce(law.expected, 0) <> coalesce(law.actual, 0)
