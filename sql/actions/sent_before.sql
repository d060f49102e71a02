-- The newest packet of this campaign with the same bytes, unless it was refused. Parameters: campaign_id, sha256.
select id, received_at
from data_packet
where campaign_id = cast(:campaign_id as uuid) and sha256 = :sha256 and state <> 'refused'
order by received_at desc
limit 1
