-- Gives packets a final pause, instead of the one that they may have. Grain: a packet. Parameters: packet_ids, client_ids (two parallel arrays),
-- code, params (JSON), begun_by.
insert into pause (client_id, packet_id, code, params, final, begun_by)
select client_id, packet_id, :code, cast(:params as jsonb), true, :begun_by
from unnest(cast(:packet_ids as uuid[]), cast(:client_ids as uuid[])) as cancelled (packet_id, client_id)
on conflict (subject) where ended_at is null do update
set code = excluded.code, params = excluded.params, final = true, begun_by = excluded.begun_by, begun_at = now()
where not pause.final
