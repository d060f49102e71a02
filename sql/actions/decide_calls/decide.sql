-- Records a person's decision about unknown calls whose checks are locked, and ends these. Grain: one call. Parameters: call_ids, decision, by.
update call_check
set next_at = 'infinity', owner = null, decision = :decision, decided_by = :by, decided_at = now()
where call_id = any(cast(:call_ids as uuid[]))
