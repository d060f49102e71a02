-- Takes back an alarm that no longer holds: from the packets named, from those that are not on their way any more, and from those that
-- moved after it. Parameters: code, packet_ids (array).
delete from packet_alarm as alarm
where
    alarm.code = :code
    and (
        alarm.packet_id = any(cast(:packet_ids as uuid[]))
        or not exists (
            select from data_packet where id = alarm.packet_id and state in ('received', 'preparing', 'sending')
        )
        or exists (
            select from packet_step
            where packet_id = alarm.packet_id and greatest(started_at, ended_at) > alarm.raised_at
        )
    )
