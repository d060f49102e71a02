-- The newest packet of this campaign with the same bytes, unless it was refused. Two uploads of one file at once wait for each
-- other here. Parameters: campaign_id, sha256.
with alone as materialized (
    select pg_advisory_xact_lock(hashtextextended('data_packet ' || :campaign_id || ' ' || :sha256, 0))
)
select data_packet.id, data_packet.received_at
from alone
cross join lateral (
    select id, received_at
    from data_packet
    where campaign_id = cast(:campaign_id as uuid) and sha256 = :sha256 and state <> 'refused'
    order by received_at desc
    limit 1
) as data_packet
