-- The alarm about a client and an account, if it is about a newer day than this. One row or none. Parameters: client_id, code, subject, day.
select params
from client_alarm
where client_id = :client_id and code = :code and subject = :subject and cast(params ->> 'day' as date) > :day
