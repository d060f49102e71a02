-- Ends the open pause of a subject. A final one stays. Grain: a pause. Parameters: subject (an id; null for the platform), ended_by.
-- Returns its id, or nothing.
update pause
set ended_at = now(), ended_by = :ended_by
where
    subject = coalesce(cast(:subject as uuid), '00000000-0000-0000-0000-000000000000') and ended_at is null and not final
returning id
