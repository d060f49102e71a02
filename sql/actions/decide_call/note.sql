-- Records that a person has seen that a message may have gone out twice. One row, or none if it was noted before or is not visible.
-- Parameters: attempt_id, by.
update late_proof
set noted_by = :by, noted_at = now()
where attempt_id = :attempt_id and noted_at is null
returning attempt_id
