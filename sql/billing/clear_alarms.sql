-- Clears the alarms with a code that no longer hold. Parameters: code, client_ids and subjects (two parallel arrays: those that do), unknown (of these
-- subjects nothing is known now, so their alarms stay).
delete from client_alarm
where
    code = :code
    and subject <> all(cast(:unknown as text[]))
    and (client_id, subject) not in (select * from unnest(cast(:client_ids as uuid[]), cast(:subjects as text[])))
