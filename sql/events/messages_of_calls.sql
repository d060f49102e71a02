-- The messages of these calls, to be locked before they are moved. The calls are locked. Grain: one row: the ids as the text of an array.
-- Parameter: call_ids.
select cast(coalesce(array_agg(message_id), '{}') as text) as message_ids
from attempt
where call_id = any(cast(:call_ids as uuid[]))
