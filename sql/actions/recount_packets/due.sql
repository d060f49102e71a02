-- The settled packets to recount now: first those that changed since their last recount, then those whose last recount is longest ago, until
-- they have `max_rows` rows together, but at least one. A packet of n times `max_rows` rows is recounted every n times `again_seconds`, or
-- every n minutes if it changed; one older than `days` every so many days, or if it changed. A packet that runs again is skipped until that
-- run ends. Grain: a packet. Parameters: packet_id (null for all), again_seconds, days, max_rows.
with candidate as (
    select
        packet.id, packet.client_id, coalesce(total.rows_in, 0) as rows_in, watch.proved_at,
        watch.proved_at is null or coalesce(total.updated_at > watch.proved_at, false) as changed
    from data_packet as packet
    left join packet_total as total on total.packet_id = packet.id
    left join packet_watch as watch on watch.packet_id = packet.id
    where
        packet.state = 'settled'
        and case
            when cast(:packet_id as uuid) is not null then packet.id = cast(:packet_id as uuid)
            else
                packet.received_at > now() - make_interval(days => :days)
                or watch.proved_at is null or watch.proved_at < now() - make_interval(days => :days)
                or total.updated_at > watch.proved_at
        end
        and not exists (select from packet_step where packet_id = packet.id and state = 'running')
        and not exists (select from provider_call where packet_id = packet.id and state = 'sending')
),
in_order as (
    select
        id, client_id, row_number() over queue as place, sum(rows_in) over (queue rows unbounded preceding) as rows_so_far
    from candidate
    where
        changed and (
            rows_in <= :max_rows or proved_at is null
            or proved_at < now() - make_interval(secs => 60 * ceil(rows_in / greatest(:max_rows, 1.0)))
        )
        or cast(:packet_id as uuid) is not null
        or proved_at < now() - make_interval(secs => :again_seconds * ceil(greatest(rows_in, 1.0) / greatest(:max_rows, 1)))
    window queue as (order by changed desc, proved_at nulls first, id)
)
select id as packet_id, client_id
from in_order
where place = 1 or rows_so_far <= :max_rows
order by place
