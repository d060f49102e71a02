-- What is left for a lane: the ready messages of one channel of one packet, in how many seconds the first of them is due
-- that is not to a closed country or prefix, nor of more than max_units, whether other lanes have claimed messages that they have not begun to send, which may become ready
-- again, whether the hours of some have ended, whether all are longer than a whole day's cap (over_limit), and whether the packet is paused.
-- Grain: one channel of one packet. Parameters: packet_id, channel, owner, closed_countries, closed_prefixes, max_units (null: any), day_cap (null: none).
select
    count(*) as ready,
    extract(epoch from min(not_before) filter (
        where coalesce(country, '') <> all(cast(:closed_countries as text[])) and not address ^@ any(cast(:closed_prefixes as text[]))
            and (cast(:max_units as integer) is null or coalesce(segments, 1) <= cast(:max_units as integer))
    ) - (select packetboat_now()))::float8 as due_in,
    count(*) filter (where closes_at <= (select packetboat_now())) > 0 as hours_ended,
    coalesce(bool_and(coalesce(segments, 1) > cast(:day_cap as integer)), false) as over_limit,
    exists (
        select from provider_call
        where
            packet_id = :packet_id and channel = :channel and owner <> :owner
            and state = 'sending' and begun_at is null
    ) as claimed_by_others,
    exists (select from paused_packet where packet_id = :packet_id) as paused
from message
where packet_id = :packet_id and channel = :channel and state = 'ready'
