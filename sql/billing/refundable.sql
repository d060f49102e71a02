-- A message with what was charged for it and what has been refunded of that. One row, or none if this transaction does not see it.
-- Parameter: message_id.
select
    message.packet_id, message.client_id, charge.currency,
    case when message.state in ('accepted', 'sent', 'delivered', 'undelivered')
        then message_charge(message.price_minor, message.segment_price_minor, message.billed_segments) else 0
    end as charged_minor,
    cast(coalesce((select sum(amount_minor) from refund where refund.message_id = message.id), 0) as bigint) as refunded_minor
from message
join packet_charge as charge on charge.packet_id = message.packet_id
where message.id = :message_id
