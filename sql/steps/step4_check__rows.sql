-- What the quality suite looks at. Grain: a usable row. Parameter: packet_id.
select
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
where packet_id = :packet_id
