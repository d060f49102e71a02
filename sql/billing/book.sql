-- Books a journal; the database writes its entries (migration 0020). Nothing is booked, and no row returned, when its key was booked before.
-- Grain: a journal. Parameters: client_id, packet_id (or null), unique_key, kind, currency, paid_minor, reserved_minor, spent_minor,
-- messages, note (or null).
insert into journal (
    client_id, packet_id, unique_key, kind, currency, paid_minor, reserved_minor, spent_minor, messages, note
)
values (
    :client_id, :packet_id, :unique_key, :kind, :currency, :paid_minor, :reserved_minor, :spent_minor, :messages, :note
)
on conflict (unique_key) do nothing
returning id
