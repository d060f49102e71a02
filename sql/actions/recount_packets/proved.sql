-- Records when packets were recounted, in the order of the ids: at the start of this transaction, so that later changes are due again.
-- Parameter: packet_ids.
insert into packet_watch (packet_id, client_id, proved_at)
select id, client_id, now()
from data_packet
where id = any(cast(:packet_ids as uuid[]))
order by id
on conflict (packet_id) do update set proved_at = excluded.proved_at
