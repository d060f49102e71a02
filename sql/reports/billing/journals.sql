-- The latest movements of a client's money. Grain: a journal, newest first. Parameters: client_id, packet_id (or null for all), limit.
select
    id, created_at, kind, currency, packet_id, paid_minor, reserved_minor, spent_minor,
    paid_minor - reserved_minor - spent_minor as available_minor, messages, note
from journal
where
    client_id = :client_id and currency is not null
    and (cast(:packet_id as uuid) is null or packet_id = cast(:packet_id as uuid))
order by created_at desc, id desc
limit :limit
