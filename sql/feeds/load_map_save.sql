-- Inserts the next version of a feed's load map; returns its id.
-- Parameters: client_id, feed_id, fingerprint, mapping (JSON), reasons (JSON: the reason by column).
insert into load_map (client_id, feed_id, version, fingerprint, mapping, reasons)
select
    :client_id,
    cast(:feed_id as uuid),
    coalesce(max(version), 0) + 1,
    :fingerprint,
    cast(:mapping as jsonb),
    cast(:reasons as jsonb)
from load_map
where feed_id = :feed_id
returning id
