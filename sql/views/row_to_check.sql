-- What the quality suite checks: the usable rows of the packet in the session's setting packetboat.packet_id.
-- Grain: a usable row. A view, because Great Expectations reads a whole query into memory to learn its columns, but asks the
-- catalogue for those of a view. security_invoker: row-level security applies to the user of the view.
-- {name} is row_to_check; {fields}, the columns of the fields: external_id, phone, email; {reachable}, whether a row has an
-- address: phone is not null or email is not null.
create view {name} with (security_invoker = true) as
select
    client_id,
    {fields},
    ({reachable}) as reachable
from clean_row
where packet_id = current_setting('packetboat.packet_id', true)::uuid
