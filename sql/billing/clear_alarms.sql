-- Clears the alarms with a code that no longer hold. Parameters: code, client_ids and subjects (two parallel arrays: those that do).
delete from client_alarm
where
    code = :code
    and (client_id, subject) not in (select * from unnest(cast(:client_ids as uuid[]), cast(:subjects as text[])))
