-- Sets a limit, or changes it. Grain: a limit. Parameters: client_id (null: of all clients together), scope, subject, per_second, per_day.
insert into sending_limit as known (client_id, scope, subject, per_second, per_day)
values (:client_id, :scope, :subject, :per_second, :per_day)
on conflict (scope, subject, client_id) do update
set per_second = excluded.per_second, per_day = excluded.per_day, changed_at = now()
