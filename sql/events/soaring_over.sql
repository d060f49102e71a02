-- Takes back the alarms about packets whose failures soared once a person has resumed or cancelled them. Grain: one packet.
delete from packet_alarm
where
    code = 'failures_soar'
    and not exists (
        select from pause
        where pause.packet_id = packet_alarm.packet_id and pause.code = 'paused_failures_soar' and pause.ended_at is null
    )
