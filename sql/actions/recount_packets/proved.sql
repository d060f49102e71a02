-- Notes when packets were recounted, in one order: at the beginning of this transaction, so that what changed since is due.
-- Parameter: packet_ids.
insert into packet_watch (packet_id, client_id, proved_at)
select id, client_id, now()
from data_packet
where id = any(cast(:packet_ids as uuid[]))
order by id
on conflict (packet_id) do update set proved_at = excluded.proved_at
