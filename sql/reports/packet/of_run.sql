-- The packet of an Airflow run, be it its newest or an earlier one: the outbox has them all. One row, or none. Parameter: run_id.
select id from data_packet where run_id = :run_id
union
select data_packet.id
from outbox
join data_packet on cast(data_packet.id as text) = outbox.payload ->> 'packet_id'
where outbox.unique_key = :run_id and outbox.kind = 'start_packet'
limit 1
