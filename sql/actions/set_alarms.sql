-- Changes when and where a client is told about alarms, and returns the result. Grain: a client. Parameters: client_id, address ('' ends the
-- e-mails) and credit_percent (null leaves either as it is).
update client
set
    alarm_address = nullif(coalesce(cast(:address as text), alarm_address), ''),
    credit_alarm_percent = coalesce(cast(:credit_percent as smallint), credit_alarm_percent)
where id = :client_id
returning alarm_address, credit_alarm_percent
