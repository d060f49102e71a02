-- The messages of these calls, to be locked before they are moved. The calls are locked. Grain: one message. Parameter: call_ids.
select message_id as id
from attempt
where call_id = any(cast(:call_ids as uuid[]))
