-- Takes back what was told of providers' trouble that no channel of the packet has any more. Parameters: packet_id, codes.
delete from packet_alarm
where
    packet_id = :packet_id and code = any(cast(:codes as text[]))
    and code not in (select code from channel_wait where packet_id = :packet_id)
