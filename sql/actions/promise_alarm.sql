-- Promises an e-mail about an alarm to the client's address for alarms, in the transaction that raises it; once per event. The address is deleted
-- when the promise is kept. Nothing if the client has no such address. Parameters: client_id, code, params (JSON), event.
insert into outbox (client_id, kind, unique_key, payload)
select
    id, 'client_alarm', concat_ws('-', 'client-alarm', id, cast(:code as text), cast(:event as text)),
    jsonb_build_object(
        'address', alarm_address, 'language', language, 'code', cast(:code as text), 'params', cast(:params as jsonb), 'client', name
    )
from client
where id = :client_id and alarm_address is not null
on conflict (unique_key) do nothing
