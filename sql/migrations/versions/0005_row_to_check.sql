-- What the quality suite checks: the usable rows of the packet in the session's setting packetboat.packet_id.
-- Grain: a usable row. A view, because Great Expectations reads a whole query into memory to learn its columns, but asks the
-- catalogue for those of a view. security_invoker: row-level security applies to the user of the view.

create view row_to_check with (security_invoker = true) as
select
    client_id,
    external_id,
    first_name,
    last_name,
    full_name,
    phone,
    email,
    language,
    contact_at,
    (phone is not null or email is not null) as reachable
from clean_row
where packet_id = current_setting('packetboat.packet_id', true)::uuid;
