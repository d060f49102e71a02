-- Whether another run of the packet was promised after this one, which then leaves the packet to it. A run that a person triggers in Airflow
-- was never promised, so nothing supersedes it. Parameters: packet_id, run_id.
select exists (
    select from data_packet
    join outbox on outbox.unique_key = cast(:run_id as text)
    where data_packet.id = :packet_id and data_packet.run_id <> outbox.unique_key
)
