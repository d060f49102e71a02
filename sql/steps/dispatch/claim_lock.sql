-- Locks the next messages of one channel of one packet for a claim (docs/how-nothing-is-doubled.md#the-life-of-a-message). A lane walks
-- forward by (expires_at, row_no) from its last place, so it reads no finished row twice. Messages that another lane has locked are skipped.
-- Grain of the result: one row per message, in the order of the walk. `suppressed`: why the address may not be contacted any more, or null. `again`: an
-- address may appear only once in a call that carries several (docs/protocols.md#mailgun), so its second message waits for the next call.
-- `units`: what it costs in the provider's units. `expires_in`: for how many seconds it is still worth sending. Messages to closed countries or prefixes, and those of more than max_units, wait for
-- another day.
-- `(select packetboat_now())` is evaluated once; the bare function would be inlined, and parse its setting three times per row.
-- Parameters: client_id, packet_id, channel, closed_countries, closed_prefixes (for which the day's cap is reached), max_units (null: any), after_expires, after_row, limit, per_call, only (ids of messages; null for all).
with due as materialized (
    select id, row_no, expires_at, address, comparable_address(address) as comparable, subject, body, parts, attempt_no, segments, country
    from message
    where
        packet_id = :packet_id and channel = :channel and state = 'ready'
        and not_before <= (select packetboat_now()) and expires_at > (select packetboat_now()) and closes_at > (select packetboat_now())
        and (expires_at, row_no) > (cast(:after_expires as timestamptz), cast(:after_row as integer))
        and (cast(:only as uuid[]) is null or id = any(cast(:only as uuid[])))
        and coalesce(country, '') <> all(cast(:closed_countries as text[]))
        and not address ^@ any(cast(:closed_prefixes as text[]))
        and (cast(:max_units as integer) is null or coalesce(segments, 1) <= cast(:max_units as integer))
    order by expires_at, row_no
    limit :limit
    for update skip locked
)
select
    cast(id as text) as id, row_no, cast(expires_at as text) as expires_at, due.address, subject, body, parts, attempt_no, country,
    coalesce(segments, 1) as units,
    extract(epoch from expires_at - (select packetboat_now()))::float8 as expires_in,
    refused.reason as suppressed,
    :per_call > 1 and row_number() over (partition by comparable order by due.expires_at, row_no) > 1 as again
from due
left join suppressed_among(:client_id, :channel, array(select comparable from due)) as refused on refused.address = due.comparable
order by due.expires_at, row_no
