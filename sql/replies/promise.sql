-- Promises something about each of these replies, once. Grain: a reply. Parameters: ids, kind (of the outbox).
insert into outbox (client_id, kind, unique_key, payload)
select client_id, :kind, cast(:kind as text) || '-' || id, jsonb_build_object('reply_id', id)
from reply
where id = any(cast(:ids as uuid[]))
on conflict (unique_key) do nothing
