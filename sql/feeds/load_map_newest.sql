-- The newest load map of a feed. Locks the feed first, so that two packets do not write the same version.
-- Parameters: feed_id; fingerprint of a header, null for any.
with locked as (select id from feed where id = :feed_id for no key update)
select load_map.id, load_map.mapping
from locked
join load_map on load_map.feed_id = locked.id
where cast(:fingerprint as text) is null or load_map.fingerprint = :fingerprint
order by load_map.version desc
limit 1
