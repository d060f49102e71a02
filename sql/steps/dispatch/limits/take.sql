-- Takes up to `want` units from all buckets of a lane, which are locked, and first puts back what it took before and did not use (`back`;
-- negative if it used more). What it gets is the least that any of them can give; a bucket of a country or prefix (`apart`) has its own answer.
-- Of a day's cap it takes at most half of what is left, so that a lane that comes meanwhile does not wait for the next day.
--
-- A rate lets one second's worth accumulate. While other packets are hungry (they got less than they wanted from this bucket within the
-- last two seconds), a packet gets its share of the rate, three times as large for the one with the nearest deadline.
-- Grain of the result: a bucket. `gets`: units. `left_over`: what remains of the day's cap, null without one; it is 0 when the cap was
-- lowered below what was used. `opens_in`: seconds until there is something again; `day_ends_in`: until the day of the cap ends.
-- Parameters: packet_id, deadline (of its next message; null if not known), want, and parallel arrays: keys, rates, caps, zones, apart, back.
with clock as materialized (
    select clock_timestamp() as at
),
rule as materialized (
    select rule.*, timezone(zone, packetboat_now()) as local_time
    from unnest(
        cast(:keys as text[]), cast(:rates as float8[]), cast(:caps as bigint[]), cast(:zones as text[]),
        cast(:apart as boolean[]), cast(:back as float8[])
    ) as rule (key, rate, cap, zone, apart, back)
),
rival as materialized (
    select key, count(*) as packets, min(deadline) as nearest
    from sending_share
    cross join clock
    where key = any(cast(:keys as text[])) and packet_id <> :packet_id and hungry_until > clock.at
    group by key
),
shared as materialized (
    select
        rule.*, clock.at, cast(local_time as date) as today, rival.packets as rivals,
        rate * case
            when rival.packets is null then 1
            when cast(:deadline as timestamptz) < rival.nearest then 3.0 / (rival.packets + 3)
            when cast(:deadline as timestamptz) > rival.nearest then 1.0 / (rival.packets + 3)
            else 1.0 / (rival.packets + 1)
        end as pace,
        bucket.tokens + back + rate * greatest(0, extract(epoch from clock.at - bucket.filled_at)) as filled,
        case when bucket.day = cast(local_time as date) then bucket.used else 0 end - cast(back as bigint) as used,
        share.tokens + back as share_tokens,
        greatest(0, extract(epoch from clock.at - share.filled_at)) as share_seconds
    from rule
    join sending_bucket as bucket using (key)
    cross join clock
    left join rival using (key)
    left join sending_share as share on share.key = rule.key and share.packet_id = :packet_id
),
level as materialized (
    select
        shared.*,
        -- Null without a rate: LEAST ignores it, so only the cap counts.
        case when rate is not null then least(filled, greatest(rate, 1)) end as tokens,
        -- A packet that comes has its whole share at once; one that had no rivals starts with none.
        case
            when rate is null then null
            when rivals is not null
                then least(coalesce(share_tokens + pace * share_seconds, 'infinity'), greatest(pace, 1))
            else 0
        end as share,
        extract(epoch from timezone(zone, cast(today + 1 as timestamp)) - packetboat_now()) as day_ends_in
    from shared
),
offered as materialized (
    select
        level.*,
        case when rivals is null then tokens else least(tokens, share) end as free,
        cap - greatest(0, used) as left_today,
        greatest(0, least(
            :want,
            floor(case when rivals is null then tokens else least(tokens, share) end),
            ceil((cap - greatest(0, used)) / 2.0)
        )) as offer
    from level
),
agreed as materialized (
    select least(:want, min(offer) filter (where not apart)) as units from offered
),
taken as materialized (
    select offered.*, case when apart then least(offer, units) else units end as gets, units < :want and offer <= units as hungry
    from offered
    cross join agreed
),
remembered as (
    insert into sending_share (key, packet_id, tokens, filled_at, hungry_until, deadline)
    select
        key, :packet_id, case when rivals is null then 0 else share - gets end, at,
        case when hungry then at + interval '2 seconds' else at end, cast(:deadline as timestamptz)
    from taken
    where rate is not null and not apart
    on conflict (key, packet_id) do update
    set
        tokens = excluded.tokens, filled_at = excluded.filled_at,
        hungry_until = excluded.hungry_until, deadline = excluded.deadline
)
update sending_bucket as bucket
set
    tokens = coalesce(taken.tokens - gets, 0), filled_at = at, day = today, used = greatest(0, taken.used) + cast(gets as bigint)
from taken
where bucket.key = taken.key
returning
    bucket.key,
    cast(gets as integer) as gets,
    cast(case when cap is not null then greatest(0, left_today - gets) end as bigint) as left_over,
    cast(case when left_today < 1 then day_ends_in when free < 1 then (1 - free) / pace else 0 end as float8) as opens_in,
    cast(day_ends_in as float8) as day_ends_in
