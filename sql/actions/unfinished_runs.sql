-- Which of these runs belong to a packet that is not finished: on its way, or stopped and waiting for a person. A packet may have had
-- several runs: the journal knows them all. Parameters: run_ids (Airflow's, a list).
select data_packet.run_id
from data_packet
where data_packet.run_id = any(cast(:run_ids as text[])) and data_packet.state not in ('settled', 'refused')
union
select packet_step.run_id
from packet_step
join data_packet on data_packet.id = packet_step.packet_id
where packet_step.run_id = any(cast(:run_ids as text[])) and data_packet.state not in ('settled', 'refused')
