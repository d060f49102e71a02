-- The calls that this transaction has recorded for this owner. Grain: one call. Parameters: owner, call_ids.
select id
from provider_call
where id = any(cast(:call_ids as uuid[])) and owner = :owner and recorded_at = now()
