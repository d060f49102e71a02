-- What the quality suite looks at: the usable rows of one packet, which the session names in the setting packetboat.packet_id.
-- Grain: a usable row. A view, since Great Expectations reads a whole query into memory to learn its columns and asks the
-- catalogue for those of a view. security_invoker: row-level security holds for whoever looks.
-- {name} is row_to_check; {fields} the columns of the fields: external_id, phone, email; {reachable} whether a row has any
-- address: phone is not null or email is not null.
create view {name} with (security_invoker = true) as
select
    client_id,
    {fields},
    ({reachable}) as reachable
from clean_row
where packet_id = current_setting('packetboat.packet_id', true)::uuid
