-- Clears the alarms with a code that no longer hold. Parameters: code, client_ids and subjects (two parallel arrays: those that do), only (null, or
-- the subjects that were looked at: the alarms about others stay).
delete from client_alarm
where
    code = :code
    and (cast(:only as text[]) is null or subject = any(cast(:only as text[])))
    and (client_id, subject) not in (select * from unnest(cast(:client_ids as uuid[]), cast(:subjects as text[])))
