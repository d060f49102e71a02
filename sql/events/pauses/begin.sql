-- Begins a pause, unless its subject is paused already: the first reason stays. Grain: a pause. Parameters: client_id, campaign_id and packet_id
-- (all null for the platform), code, params (JSON), begun_by. Returns its id, or nothing.
insert into pause (client_id, campaign_id, packet_id, code, params, begun_by)
values (
    cast(:client_id as uuid), cast(:campaign_id as uuid), cast(:packet_id as uuid), :code, cast(:params as jsonb), :begun_by
)
on conflict (subject) where ended_at is null do nothing
returning id
