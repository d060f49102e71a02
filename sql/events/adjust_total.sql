-- Moves rows of settled packets from one outcome to another: what one outcome gains, another loses. `late` counts rows beside that.
-- {outcomes}: sent = packet_total.sent + change.sent, … ; {changes}: sum(difference) filter (where outcome = 'sent') as sent, …
-- Grain: one packet. Parameters: packet_ids, outcomes, differences (three parallel arrays; the rows that an outcome, or `late`, gains or loses).
update packet_total
set {outcomes}, updated_at = now()
from (
    select packet_id, {changes}
    from unnest(cast(:packet_ids as uuid[]), cast(:outcomes as text[]), cast(:differences as integer[]))
        as moved (packet_id, outcome, difference)
    group by packet_id
) as change
where packet_total.packet_id = change.packet_id
