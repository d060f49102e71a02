-- The alarms about clients: their money and complaints. Grain: an alarm. Parameter: client_id (null for all).
select client.slug as client, client_alarm.code, client_alarm.params, client_alarm.raised_at
from client_alarm
join client on client.id = client_alarm.client_id
where cast(:client_id as uuid) is null or client.id = cast(:client_id as uuid)
order by client_alarm.raised_at, client_alarm.subject
