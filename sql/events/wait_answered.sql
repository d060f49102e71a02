-- Takes back the alarms about providers whose trouble no channel of the packet has any more. Parameters: packet_ids, codes.
delete from packet_alarm
where
    packet_id = any(cast(:packet_ids as uuid[])) and code = any(cast(:codes as text[]))
    and not exists (
        select from channel_wait
        where channel_wait.packet_id = packet_alarm.packet_id and channel_wait.code = packet_alarm.code
    )
