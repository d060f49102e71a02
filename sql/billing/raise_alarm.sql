-- Raises an alarm about a client. One that is raised already keeps its time, and gets the present params. Returns whether it is new;
-- no row if nothing has changed. Parameters: client_id, code, subject, params (JSON).
insert into client_alarm (client_id, code, subject, params)
values (:client_id, :code, :subject, cast(:params as jsonb))
on conflict (client_id, code, subject) do update set params = excluded.params where client_alarm.params <> excluded.params
returning old.code is null as is_new
