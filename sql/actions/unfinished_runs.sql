-- Which of these runs belong to a packet that is not finished: on its way, or stopped and waiting for a person.
-- Parameters: run_ids (Airflow's, a list).
select run_id
from data_packet
where run_id = any(:run_ids) and state not in ('settled', 'refused')
