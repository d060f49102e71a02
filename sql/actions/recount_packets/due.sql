-- Settled packets to be recounted now: those that changed since they were last recounted, then those for which that is longest ago, as
-- many as have `most_rows` rows together, one at least. A packet of n times `most_rows` has its turn every n times `again_seconds`, and
-- when it changed every n minutes. A packet that runs again is left alone until it has ended; one that is older than `days` may have been archived. Grain: a packet. Parameters: packet_id (null for all), again_seconds, days, most_rows.
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
            else packet.received_at > now() - make_interval(days => :days)
        end
        and not exists (select from packet_step where packet_id = packet.id and state = 'running')
        and not exists (select from provider_call where packet_id = packet.id and state = 'sending')
),
in_order as (
    select
        id, client_id, row_number() over turn as place, sum(rows_in) over (turn rows unbounded preceding) as rows_so_far
    from candidate
    where
        changed and (
            rows_in <= :most_rows or proved_at is null
            or proved_at < now() - make_interval(secs => 60 * ceil(rows_in / greatest(:most_rows, 1.0)))
        )
        or cast(:packet_id as uuid) is not null
        or proved_at < now() - make_interval(secs => :again_seconds * ceil(greatest(rows_in, 1.0) / greatest(:most_rows, 1)))
    window turn as (order by changed desc, proved_at nulls first, id)
)
select id as packet_id, client_id
from in_order
where place = 1 or rows_so_far <= :most_rows
order by place
