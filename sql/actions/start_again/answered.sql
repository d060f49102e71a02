-- Somebody lets the packet go on: what was raised about its standing still is answered. Parameters: packet_id, codes (array).
delete from packet_alarm where packet_id = :packet_id and code = any(cast(:codes as text[]))
