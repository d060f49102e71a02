-- What a packet costs: what was estimated, and by the ledger what is reserved, spent and returned. `differs`: a recount found that its money is not
-- what its messages give. What an earlier charge of the packet reserved was replaced as a whole; nothing of it counts as returned.
-- One row, or none if it costs nothing. Parameter: packet_id.
select
    charge.currency, charge.state, charge.messages, charge.total_minor, charge.missing_minor, charge.likely_low_minor,
    charge.likely_high_minor, charge.reasons, price_list.version as price_list_version,
    cast(coalesce(booked.reserved_minor, 0) as bigint) as reserved_minor,
    cast(coalesce(booked.spent_minor, 0) as bigint) as spent_minor,
    cast(coalesce(booked.refunded_minor, 0) as bigint) as refunded_minor,
    cast(charge.never_reserved_minor + coalesce(booked.freed_minor, 0) as bigint) as returned_minor,
    exists (select from packet_alarm where packet_id = :packet_id and code = 'money_differs') as differs
from packet_charge as charge
left join price_list on price_list.id = charge.price_list_id
left join (
    select
        packet_id, sum(reserved_minor) as reserved_minor, sum(spent_minor) filter (where kind <> 'forward') as spent_minor,
        -sum(spent_minor) filter (where kind = 'refund') as refunded_minor,
        -sum(reserved_minor + spent_minor) filter (
            where kind not in ('reserve', 'replaced', 'forward') and journal.created_at >= packet_charge.made_at
        ) as freed_minor
    from journal
    join packet_charge using (packet_id)
    where packet_id = :packet_id
    group by packet_id
) as booked on booked.packet_id = charge.packet_id
where charge.packet_id = :packet_id
