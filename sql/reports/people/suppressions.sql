-- The addresses that a client may not contact, newest first; null for one that is known by its hash alone. Grain: an address, a channel and
-- a reason. Parameters: client_id, limit.
select address, channel, reason, source, created_at
from suppression
where client_id = :client_id
order by created_at desc, id desc
limit :limit
