-- What the quality suite looks at: the usable rows of one packet, which the session names in the setting packetboat.packet_id.
-- Grain: a usable row. A view, since Great Expectations reads a whole query into memory to learn its columns and asks the
-- catalogue for those of a view. security_invoker: row-level security holds for whoever looks.

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
