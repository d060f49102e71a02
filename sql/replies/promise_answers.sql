-- Promises an answer to each of these replies, once. Grain: a reply. Parameter: ids.
insert into outbox (client_id, kind, unique_key, payload)
select client_id, 'reply_answer', 'reply-answer-' || id, jsonb_build_object('reply_id', id)
from reply
where id = any(cast(:ids as uuid[]))
on conflict (unique_key) do nothing
