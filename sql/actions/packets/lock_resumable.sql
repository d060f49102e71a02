-- Locks packets that are to be started again, in the order of the ids. One that a prepare step works on is left out, because its run goes on
-- by itself. Whoever else holds the lock, a claim or callbacks, holds it briefly and is waited for.
-- `awaits_run`: its current run is promised, or began to wait in Airflow less than ten minutes ago, and has not begun a step: it will find that
-- the packet may go on. Later than that, it may never begin.
-- Grain: a packet. Parameters: packet_ids, prepare_steps.
select
    id, client_id, revision,
    exists (
        select from outbox
        where unique_key = data_packet.run_id and coalesce(delivered_at, now()) > now() - interval '10 minutes'
    )
    and not exists (
        select from packet_step where packet_id = data_packet.id and packet_step.run_id = data_packet.run_id
    ) as awaits_run
from data_packet
where
    id = any(cast(:packet_ids as uuid[])) and state in ('preparing', 'sending')
    and not exists (
        select from packet_step
        where packet_id = data_packet.id and state = 'running' and step = any(cast(:prepare_steps as text[]))
    )
order by id
for no key update of data_packet
