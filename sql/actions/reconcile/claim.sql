-- Claims locked checks for one reading of the lists: until `until`, no other process reads them. Grain: one call.
-- Parameters: call_ids, owner, until.
update call_check
set owner = :owner, next_at = :until
where call_id = any(cast(:call_ids as uuid[]))
