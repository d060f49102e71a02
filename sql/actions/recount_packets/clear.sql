-- Clears the alarms of flaws that a recount did not find again. Parameters: packet_ids (all that were recounted), flaws (every code that a
-- recount may raise), found_ids and found_codes (two parallel arrays: what it found).
delete from packet_alarm
where
    packet_id = any(cast(:packet_ids as uuid[])) and code = any(cast(:flaws as text[]))
    and (packet_id, code) not in (
        select * from unnest(cast(:found_ids as uuid[]), cast(:found_codes as text[])) as found (packet_id, code)
    )
