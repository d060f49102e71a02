-- Clears these alarms of a packet, because a person has let it go on. Parameters: packet_id, codes (array).
delete from packet_alarm where packet_id = :packet_id and code = any(cast(:codes as text[]))
