-- Moves rows of a settled packet from one outcome to another; a packet without totals gets them from settle, which sees these messages.
-- Grain: one packet. Parameters: packet_id, and what to add to each outcome.
update packet_total
set
    sent = sent + :sent, failed = failed + :failed, suppressed = suppressed + :suppressed,
    expired = expired + :expired, cancelled = cancelled + :cancelled, waiting = waiting + :waiting, updated_at = now()
where packet_id = :packet_id
