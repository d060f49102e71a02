-- Which of these runs belong to an unfinished packet: one in progress, or one that is stopped and waits for a person. A packet may have had
-- several runs; the journal has them all. Parameters: run_ids (Airflow's, a list).
select data_packet.run_id
from data_packet
where data_packet.run_id = any(cast(:run_ids as text[])) and data_packet.state not in ('settled', 'refused')
union
select packet_step.run_id
from packet_step
join data_packet on data_packet.id = packet_step.packet_id
where packet_step.run_id = any(cast(:run_ids as text[])) and data_packet.state not in ('settled', 'refused')
