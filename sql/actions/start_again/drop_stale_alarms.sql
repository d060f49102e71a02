-- Deletes an alarm that no longer holds: of the given packets, of those no longer in progress, and of those that moved after it was raised.
-- Parameters: code, packet_ids (array).
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
