-- Raises an alarm about a client's money. Returns a row if it is new. Parameters: client_id, code, params (JSON).
insert into client_alarm (client_id, code, params)
values (:client_id, :code, cast(:params as jsonb))
on conflict (client_id, code) do nothing
returning code
